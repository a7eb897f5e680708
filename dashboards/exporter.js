// Exporter internals: whether what the other dashboards show can be believed.
"use strict";

const { dashboard, linkTo, momentAnnotation, rating, selecting, variable, words } = require("./parts");
const { figure, lines } = require("./panels");
const { OVERVIEW, POOL, EXPORTER } = require("./names");

const of = selecting([]);
const ours = (/** @type {string} */ name, extra = "") => of(`fastcgi_exporter_${name}`, extra);
const rate = rating(of);
const ourRate = rating(ours);
const EXPORTERS = "job, instance";
const INSTANCE = "{{instance}}";

/** @type {import("./parts").Row} */
const now = {
  title: "Now",
  panels: [
    [figure({
      title: "Scraped",
      description: "Exporters that Prometheus could scrape, of those that it knows.",
      unit: "percentunit", none: "none known", steps: [[null, "red"], [1, "green"]],
      queries: [[`avg(${of("up")})`, { instant: true }]],
    }), 3, 4],
    [figure({
      title: "Configuration",
      description: "bad: the last reading of it failed somewhere; the one before is still in use, and the next " +
        "start would fail unless it was mended.",
      unit: "short", mappings: words({ 0: ["bad", "red"], 1: ["in force", "green"] }),
      steps: [[null, "red"], [1, "green"]],
      queries: [[`min(${ours("config_last_reload_successful")})`, { instant: true }]],
    }), 3, 4],
    [figure({
      title: "Targets",
      description: "Targets being probed.",
      unit: "short", steps: [[null, "text"]],
      queries: [[`sum(${ours("targets")})`, { instant: true }]],
    }), 3, 4],
    [figure({
      title: "Left out by discovery",
      description: "Discovered targets whose name or socket was taken, since the start. The log names them.",
      unit: "short", steps: [[null, "green"], [1, "orange"]],
      queries: [[`sum(increase(${ours("discovery_conflicts_total")}[$__range]))`, { instant: true }]],
    }), 3, 4],
    [figure({
      title: "Discovery warns of",
      description: "Files that cannot be read, sockets that nobody listens on, names that lead nowhere: now, by source. " +
        "The log says which.",
      unit: "short", none: "nothing", steps: [[null, "green"], [1, "orange"]],
      queries: [[`sum by (source) (${ours("discovery_problems")})`, { legend: "{{source}}", instant: true }]],
    }), 3, 4],
    [figure({
      title: "Series of scripts refused",
      description: "More than a script may have, or with a name, label or type that is taken.",
      unit: "short", steps: [[null, "green"], [1, "orange"]],
      queries: [[`sum(${ours("script_series_refused")})`, { instant: true }]],
    }), 3, 4],
    [figure({
      title: "Shards",
      description: "Exporters that share the targets of one configuration (--shard.count), of how many there must be. " +
        "Fewer: the targets of those that are missing are not watched.",
      unit: "short", none: "none known", steps: [[null, "text"]],
      queries: [[`count by (count) (count by (index, count) (${ours("shard_info")}))`,
        { legend: "of {{count}}", instant: true }]],
    }), 3, 4],
    [figure({
      title: "Versions",
      description: "Exporters by version and revision.",
      unit: "short", steps: [[null, "text"]],
      queries: [[`count by (version, revision) (${ours("build_info")})`,
        { legend: "{{version}} {{revision}}", instant: true }]],
    }), 3, 4],
  ],
};

/** @type {import("./parts").Row} */
const beats = {
  title: "Beats: is it on time?",
  panels: [
    [lines({
      title: "Delay of probes",
      description: "From the planned to the real start of a probe. Above some milliseconds the exporter lacks " +
        "processor time.",
      unit: "s",
      queries: [[0.5, "median"], [0.99, "99 %"]].map(([q, legend]) => [
        `histogram_quantile(${q}, sum by (le) (${ourRate("schedule_delay_seconds_bucket")}))`,
        { legend: String(legend) }]),
    }), 8, 8],
    [lines({
      title: "Probes not made",
      description: "A second. missed: the exporter was late; limit: it had no descriptor or kernel memory free.",
      unit: "cps",
      queries: [[`sum by (${EXPORTERS}, reason) (${rate("fastcgi_probes_skipped_total", 'reason=~"missed|limit"')})`,
        { legend: "{{instance}} {{reason}}" }]],
    }), 8, 8],
    [lines({
      title: "Probes in flight",
      description: "Exchanges under way, those that are judged but unanswered included: each silent target keeps one.",
      unit: "short",
      queries: [[ours("probes_in_flight"), { legend: INSTANCE }]],
    }), 8, 8],
  ],
};

/** @type {import("./parts").Row} */
const http = {
  title: "HTTP",
  panels: [
    [lines({
      title: "Requests",
      description: "A second, by status. 404 and 503 are also what health pages say of targets that are not up.",
      unit: "reqps", stacked: true,
      queries: [[`sum by (code) (${ourRate("http_requests_total")})`, { legend: "{{code}}" }]],
    }), 8, 8],
    [lines({
      title: "Connections",
      description: "Open HTTP connections; and those a second that were closed to make room for others.",
      unit: "short",
      queries: [
        [ours("http_connections"), { legend: "{{instance}} open" }],
        [ourRate("http_connections_evicted_total"), { legend: "{{instance}} evicted" }],
      ],
    }), 8, 8],
    [lines({
      title: "Time to scrape",
      description: "As Prometheus measures it. A scrape never waits for a target.",
      unit: "s",
      queries: [[of("scrape_duration_seconds"), { legend: INSTANCE }]],
    }), 8, 8],
  ],
};

/** @type {import("./parts").Row} */
const resources = {
  title: "Resources",
  panels: [
    [lines({
      title: "Processor",
      description: "Cores in use.",
      unit: "short",
      queries: [[rate("process_cpu_seconds_total"), { legend: INSTANCE }]],
    }), 6, 8],
    [lines({
      title: "Memory",
      description: "Resident memory; about 5 KB a target, and what is on its way to clients.",
      unit: "bytes",
      queries: [[of("process_resident_memory_bytes"), { legend: INSTANCE }]],
    }), 6, 8],
    [lines({
      title: "Descriptors",
      description: "Open, of those that may be. Each probe in flight and each HTTP connection takes one.",
      unit: "percentunit", max: 1, steps: [[null, "green"], [0.8, "red"]],
      queries: [[`${of("process_open_fds")} / ${of("process_max_fds")}`, { legend: INSTANCE }]],
    }), 6, 8],
    [lines({
      title: "Threads",
      description: "A fixed number: main, workers, lookup, front, pages.",
      unit: "short",
      queries: [[of("process_threads"), { legend: INSTANCE }]],
    }), 6, 8],
  ],
};

module.exports = dashboard({
  uid: EXPORTER,
  title: "FastCGI exporter internals",
  description: "Whether fastcgi_exporter keeps its beats, and what it needs for that.",
  variables: [
    variable("job", "Job", "fastcgi_exporter_build_info"),
    variable("instance", "Instance", 'fastcgi_exporter_build_info{job=~"$job"}'),
  ],
  annotations: [
    momentAnnotation("Configuration reloads", "blue", ours("config_last_reload_success_timestamp_seconds"),
      "{{instance}}: configuration read"),
    momentAnnotation("Exporter restarts", "purple", of("process_start_time_seconds"), "{{instance}}: exporter started"),
  ],
  links: [linkTo("FastCGI overview", OVERVIEW), linkTo("PHP-FPM pool", POOL)],
  rows: [now, beats, http, resources],
});
