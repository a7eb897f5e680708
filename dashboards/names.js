// What the dashboards are called in addresses: a uid is a contract, links and bookmarks name it.
"use strict";

module.exports = { OVERVIEW: "fastcgi-overview", POOL: "fastcgi-phpfpm-pool", EXPORTER: "fastcgi-exporter" };
