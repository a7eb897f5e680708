// Writes the dashboards into a folder: node generate.js FOLDER. The committed ones are made, and compared, by
//   UPDATE_DASHBOARDS=1 ctest --preset release -R dashboards
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node generate.js FOLDER");
  process.exit(64);
}
for (const dashboard of [require("./overview"), require("./pool"), require("./exporter")]) {
  fs.writeFileSync(path.join(folder, `${dashboard.uid}.json`), JSON.stringify(dashboard, null, 2) + "\n");
}
