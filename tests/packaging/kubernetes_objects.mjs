// Reads rendered Kubernetes objects as an API server would: required fields, types and patterns by the compiled schemas of
// kubernetes-models, unknown and misspelt fields by its TypeScript types. Prints each problem; run it where the packages are.
//   node kubernetes_objects.mjs FILE...
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "anything.js"));
const yaml = require("js-yaml");
const problems = [];

// The module that has the schema and the type of an object.
function moduleOf(object) {
  const [version, group] = object.apiVersion.split("/").reverse();
  if (group === "monitoring.coreos.com") return `@kubernetes-models/prometheus-operator/${group}/${version}`;
  return ["kubernetes-models", group, version].filter(Boolean).join("/");
}

const literals = [];
for (const file of process.argv.slice(2)) {
  for (const object of yaml.loadAll(readFileSync(file, "utf8"))) {
    const name = `${file}: ${object.kind} ${object.metadata.name}`;
    const model = require(moduleOf(object))[object.kind];
    if (!model) problems.push(`${name}: there is no such kind in ${object.apiVersion}`);
    else {
      try {
        new model(object).validate();
      } catch (error) {
        problems.push(`${name}: ${error.message}`);
      }
      const type = `import("${moduleOf(object)}").I${object.kind}`;
      literals.push(`export const object${literals.length}: ${type} = ${JSON.stringify(object)}; // ${name}`);
    }
  }
}
// Only of a literal does TypeScript say that it has a field too many.
writeFileSync("objects.ts", literals.join("\n"));
try {
  execFileSync("node_modules/.bin/tsc", ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "node", "objects.ts"]);
} catch (error) {
  problems.push(String(error.stdout));
}
console.log(problems.length > 0 ? problems.join("\n") : `${literals.length} objects are good`);
process.exit(problems.length > 0 ? 1 : 0);
