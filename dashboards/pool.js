// PHP-FPM pool: utilisation, saturation and errors of pools, their requests, memory and opcache.
"use strict";

const { dashboard, linkTo, momentAnnotation, rating, selecting, variable, words } = require("./parts");
const { figure, healthCode, lines, timeline } = require("./panels");
const { OVERVIEW, POOL, EXPORTER } = require("./names");

const of = selecting(["target"]);
const ofPool = selecting(["target", "pool"]);
const ofExporter = selecting([]);
const BY_TARGET = "job, instance, target";
const BY_POOL = "job, instance, target, pool";
const TARGET = "{{target}}";
const ACTIVE = `sum by (${BY_POOL}) (${ofPool("phpfpm_processes", 'state="active"')})`;
const MAX = `sum by (${BY_POOL}) (${ofPool("phpfpm_max_children")})`;
const USED = `${ACTIVE} / (${MAX} > 0)`;
const rate = rating(of);
const rateOfPool = rating(ofPool);
const poolRate = (/** @type {string} */ metric) => `sum by (${BY_POOL}) (${rateOfPool(metric)})`;
const poolIncrease = (/** @type {string} */ metric) =>
  `sum by (${BY_POOL}) (increase(${ofPool(metric)}[$__rate_interval]))`;
const DETAILS = "Needs process_details in the module's status check.";

/** @type {import("./parts").Row} */
const now = {
  title: "Now: busy or dead?",
  panels: [
    [timeline({
      title: "Health",
      description: "Saturated: alive, but every worker is busy and connections wait; a restart would not help. A " +
        "gap: not watched, or the exporter could not be scraped.",
      unit: "none", none: "No such target.", links: [],
      queries: [[healthCode(of), { legend: "{{target}} {{instance}}" }]],
    }), 24, 5],
    [figure({
      title: "Active of pm.max_children",
      description: "The fullest of the pools chosen. Empty: set max_children of the target to know.",
      unit: "percentunit", none: "set max_children", decimals: 0,
      steps: [[null, "green"], [0.8, "orange"], [1, "red"]],
      queries: [[`max(${USED})`, { instant: true }]],
    }), 4, 4],
    [figure({
      title: "Connections waiting",
      description: "In the kernel's accept queue, all targets chosen together. Empty: it cannot be read from here.",
      unit: "short", none: "not readable",
      steps: [[null, "green"], [1, "orange"], [50, "red"]],
      queries: [[`sum(${of("fastcgi_listen_queue_connections")})`, { instant: true }]],
    }), 4, 4],
    [figure({
      title: "Longest running request",
      description: `Age of the oldest request that a worker is at. ${DETAILS}`,
      unit: "s", none: "no details",
      steps: [[null, "green"], [60, "orange"], [300, "red"]],
      queries: [[`max(${ofPool("phpfpm_longest_running_request_seconds")})`, { instant: true }]],
    }), 4, 4],
    [figure({
      title: "Slow requests",
      description: "In the time range: longer than the pool's request_slowlog_timeout. Its slow log says where they " +
        "were.",
      unit: "short", decimals: 0, none: "no status page",
      steps: [[null, "green"], [1, "orange"]],
      queries: [[`sum(increase(${ofPool("phpfpm_slow_requests_total")}[$__range]))`, { instant: true }]],
    }), 4, 4],
    [figure({
      title: "Last (re)start",
      description: "The youngest of the pools chosen. Every reload of PHP-FPM is a start.",
      unit: "dateTimeFromNow", none: "no status page",
      steps: [[null, "text"]],
      queries: [[`max(${ofPool("phpfpm_start_time_seconds")}) * 1000`, { instant: true }]],
    }), 4, 4],
    [figure({
      title: "Process manager",
      description: "Pools by pm. A static pool never counts max children reached.",
      unit: "short", none: "no status page",
      steps: [[null, "text"]],
      queries: [[`count by (process_manager) (${ofPool("phpfpm_info")})`,
        { legend: "{{process_manager}}", instant: true }]],
    }), 4, 4],
  ],
};

/** @type {import("./parts").Row} */
const use = {
  title: "Utilisation and saturation",
  panels: [
    [lines({
      title: "Active of pm.max_children",
      description: "At 100 % the next connection waits. The page counts the process that answers it, unless it " +
        "comes from pm.status_listen. Needs max_children of the target.",
      unit: "percentunit", steps: [[null, "green"], [1, "red"]],
      queries: [[USED, { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Processes",
      description: "Idle and active processes, pm.max_children, and the most that were active at once since the " +
        "pool's start.",
      unit: "short", stacked: true, limits: /(max children|peak)$/,
      queries: [
        [`sum by (${BY_POOL}, state) (${ofPool("phpfpm_processes")})`, { legend: "{{target}} {{state}}" }],
        [MAX, { legend: "{{target}} max children" }],
        [`max by (${BY_POOL}) (${ofPool("phpfpm_active_processes_peak")})`, { legend: "{{target}} peak" }],
      ],
    }), 8, 8],
    [lines({
      title: "What the processes do",
      description: `idle, reading_headers, request_info, running, ending, finishing, creating, other. ${DETAILS}`,
      unit: "short", stacked: true,
      queries: [[`sum by (state) (${ofPool("phpfpm_processes_by_state")})`, { legend: "{{state}}" }]],
    }), 8, 8],
    [lines({
      title: "Accept queue and its limit",
      description: "Connections that wait for a worker, as the kernel counts them, and how many may. At the limit " +
        "new ones are refused. Local targets only.",
      unit: "short", limits: /limit$/,
      queries: [
        [`max by (${BY_TARGET}) (${of("fastcgi_listen_queue_connections")})`, { legend: "{{target}} waiting" }],
        [`max by (${BY_TARGET}) (${of("fastcgi_listen_queue_limit")})`, { legend: "{{target}} limit" }],
      ],
    }), 8, 8],
    [lines({
      title: "The pool's own view of its queue",
      description: "From the status page, also of remote pools: waiting, the most since the start, and the limit. " +
        "Of a unix socket PHP-FPM says 0 always; there the kernel's figures stand in, and the most is missing.",
      unit: "short", limits: /limit$/,
      queries: [
        [`max by (${BY_POOL}) (${ofPool("phpfpm_listen_queue_connections")})`, { legend: "{{target}} waiting" }],
        [`max by (${BY_POOL}) (${ofPool("phpfpm_listen_queue_peak_connections")})`, { legend: "{{target}} most" }],
        [`max by (${BY_POOL}) (${ofPool("phpfpm_listen_queue_limit")})`, { legend: "{{target}} limit" }],
      ],
    }), 8, 8],
    [lines({
      title: "Wanted more than pm.max_children",
      description: "Times that the pool would have started one more process. Never moves with pm = static.",
      unit: "short", bars: true,
      queries: [[poolIncrease("phpfpm_max_children_reached_total"), { legend: TARGET }]],
    }), 8, 8],
  ],
};

/** @type {import("./parts").Row} */
const requests = {
  title: "Requests and errors",
  panels: [
    [lines({
      title: "Accepted connections",
      description: "A second, our own probes included when they come over the pool's own socket.",
      unit: "cps",
      queries: [[poolRate("phpfpm_accepted_connections_total"), { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Slow requests",
      description: "Share of the accepted connections that took longer than request_slowlog_timeout.",
      unit: "percentunit",
      queries: [[`${poolRate("phpfpm_slow_requests_total")} / ` +
        `(${poolRate("phpfpm_accepted_connections_total")} > 0)`, { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Longest running request",
      description: `A line that climbs without end is a worker that is stuck. ${DETAILS}`,
      unit: "s", steps: [[null, "green"], [300, "red"]],
      queries: [[`max by (${BY_POOL}) (${ofPool("phpfpm_longest_running_request_seconds")})`, { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Time to answer a ping",
      description: "Nine of ten are quicker. A ping does next to nothing: what it takes is the wait for a worker.",
      unit: "s",
      queries: [[`histogram_quantile(0.9, sum by (${BY_TARGET}, le) (` +
        `${rate("fastcgi_probe_duration_seconds_bucket", 'check!="script"')}))`,
        { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Failed probes",
      description: "A second, by check and reason.",
      unit: "cps", stacked: true, bars: true,
      queries: [[`sum by (${BY_TARGET}, check, reason) (${rate("fastcgi_probe_failures_total")}) > 0`,
        { legend: "{{target}} {{check}}: {{reason}}" }]],
    }), 8, 8],
    [lines({
      title: "Flawed status pages",
      description: "What was wrong with the status page but left the pool's figures whole, such as a list of " +
        "processes that a client's text broke. Each is a warning.",
      unit: "short", bars: true,
      queries: [[`${poolIncrease("phpfpm_status_parse_warnings_total")} > 0`, { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Memory of the hungriest request",
      description: "Most memory that one request has used since the pool's start (PHP 8.4 and later). Times " +
        "pm.max_children it is what the machine needs.",
      unit: "bytes",
      queries: [[`max by (${BY_POOL}) (${ofPool("phpfpm_memory_peak_bytes")})`, { legend: TARGET }]],
    }), 8, 8],
  ],
};

/** @type {import("./parts").Row} */
const each = {
  title: "Each process (process_details: per_process)",
  collapsed: true,
  panels: [
    ["Requests served", "A second. A process whose line stays at 0 while others work is stuck.", "cps",
      rateOfPool("phpfpm_process_requests_total")],
    ["Time at its request", "Age of the request that it runs, or what its last one took.", "s",
      ofPool("phpfpm_process_request_duration_seconds")],
    ["Memory of its last request", "0 while it runs one.", "bytes", ofPool("phpfpm_process_last_request_memory_bytes")],
    ["Processor time of its last request", "By its duration; 0 while it runs one. Low: it waited for others.",
      "percentunit", ofPool("phpfpm_process_last_request_cpu_ratio")],
    ["State", "1 for the state that the process is in.", "short", ofPool("phpfpm_process_in_state"),
      "{{target}} {{child}} {{state}}"],
  ].map(([title, description, unit, expr, legend = "{{target}} {{child}}"]) =>
    [lines({ title, description, unit, queries: [[expr, { legend }]] }), 8, 8]),
};

/** @type {import("./parts").Row} */
const opcache = {
  title: "Opcache (deploy/php/opcache.php as a script check)",
  panels: [
    [figure({
      title: "Opcache",
      description: "Whether it works and could be read: the least of the targets chosen.",
      unit: "short", none: "no script check",
      mappings: words({ 0: ["off", "red"], 1: ["on", "green"] }),
      steps: [[null, "red"], [1, "green"]],
      queries: [
        [`min(${of("phpfpm_opcache_up")})`, { legend: "works", instant: true }],
        [`min(${of("phpfpm_opcache_enabled")})`, { legend: "switched on", instant: true }],
      ],
    }), 4, 8],
    [lines({
      title: "Hit ratio",
      description: "Scripts taken from the cache, of all that were asked for lately. After warming up it should be " +
        "close to 100 %.",
      unit: "percentunit", max: 1,
      queries: [[`sum by (${BY_TARGET}) (${rate("phpfpm_opcache_hits_total")}) / ` +
        `(sum by (${BY_TARGET}) (${rate("phpfpm_opcache_hits_total")}) + ` +
        `sum by (${BY_TARGET}) (${rate("phpfpm_opcache_misses_total")}) > 0)`, { legend: TARGET }]],
    }), 6, 8],
    [lines({
      title: "Memory",
      description: "Used, free and wasted (by scripts that have changed since). No free memory: raise " +
        "opcache.memory_consumption.",
      unit: "bytes", stacked: true,
      queries: ["used", "free", "wasted"].map((part) =>
        [`sum by (${BY_TARGET}) (${of(`phpfpm_opcache_${part}_memory_bytes`)})`, { legend: `{{target}} ${part}` }]),
    }), 7, 8],
    [lines({
      title: "Keys and scripts",
      description: "Keys in use against their limit (opcache.max_accelerated_files), and the scripts behind them.",
      unit: "short", limits: /limit$/,
      queries: [
        [of("phpfpm_opcache_cached_keys"), { legend: "{{target}} keys" }],
        [of("phpfpm_opcache_cached_scripts"), { legend: "{{target}} scripts" }],
        [of("phpfpm_opcache_max_cached_keys"), { legend: "{{target}} limit" }],
      ],
    }), 7, 8],
    [lines({
      title: "Restarts",
      description: "oom: no memory left; hash: no key left; manual: opcache_reset(). Each makes every script be " +
        "compiled again.",
      unit: "short", bars: true,
      queries: [[`sum by (${BY_TARGET}, reason) (increase(${of("phpfpm_opcache_restarts_total")}[$__rate_interval]))`,
        { legend: "{{target}} {{reason}}" }]],
    }), 8, 8],
    [lines({
      title: "Full",
      description: "1: nothing more is cached until the next restart of the opcache.",
      unit: "short", max: 1,
      queries: [[of("phpfpm_opcache_full"), { legend: TARGET }]],
    }), 8, 8],
    [lines({
      title: "Interned strings",
      description: "Memory in use and free. None free: raise opcache.interned_strings_buffer.",
      unit: "bytes", stacked: true,
      queries: ["used", "free"].map((part) =>
        [of(`phpfpm_opcache_interned_strings_${part}_memory_bytes`), { legend: `{{target}} ${part}` }]),
    }), 8, 8],
  ],
};

module.exports = dashboard({
  uid: POOL,
  title: "PHP-FPM pool",
  description: "Utilisation, saturation and errors of PHP-FPM pools, their requests, memory and opcache.",
  variables: [
    variable("job", "Job", "phpfpm_accepted_connections_total"),
    variable("instance", "Instance", 'phpfpm_accepted_connections_total{job=~"$job"}'),
    variable("target", "Target", ofExporter("phpfpm_accepted_connections_total")),
    variable("pool", "Pool", of("phpfpm_accepted_connections_total")),
  ],
  annotations: [
    momentAnnotation("Pool restarts", "orange", ofPool("phpfpm_start_time_seconds"), "{{target}}: pool (re)started"),
    momentAnnotation("Opcache restarts", "yellow", `(${of("phpfpm_opcache_last_restart_time_seconds")} > 0)`,
      "{{target}}: opcache restarted"),
    momentAnnotation("Configuration reloads", "blue",
      ofExporter("fastcgi_exporter_config_last_reload_success_timestamp_seconds"), "{{instance}}: configuration read"),
  ],
  links: [linkTo("FastCGI overview", OVERVIEW), linkTo("Exporter internals", EXPORTER)],
  rows: [now, use, requests, opcache, each],
});
