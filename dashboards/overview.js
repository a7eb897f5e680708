// FastCGI overview: who is not well, since when and why; then rate, errors and duration over the fleet.
"use strict";

const { dashboard, linkTo, momentAnnotation, rating, selecting, variable, words } = require("./parts");
const { HEALTH_WORDS, fieldLink, figure, grid, healthCode, heat, lines, states, timeline } = require("./panels");
const { OVERVIEW, POOL, EXPORTER } = require("./names");

const of = selecting(["target"]);
const ofExporter = selecting([]);
const BY_TARGET = "job, instance, target";
const SERIES = "{{target}} {{instance}}";
const PINGS = 'check!="script"';
const TABLE = /** @type {import("./parts").Form} */ ({ instant: true, format: "table" });

const POOL_OF = `/d/${POOL}?var-datasource=\${datasource}&var-job=\${__field.labels.job}` +
  "&var-instance=${__field.labels.instance}&var-target=${__field.labels.target}&${__url_time_range}";
const POOL_OF_ROW = `/d/${POOL}?var-datasource=\${datasource}&var-instance=\${__data.fields.Instance}` +
  "&var-target=${__data.fields.Target}&${__url_time_range}";
const toPool = () => [fieldLink("This target's pool", POOL_OF)];

/** Checks that did not pass, and those of targets of which nothing fresh is known. */
const NOT_WELL = `max by (${BY_TARGET}, check, outcome) (` +
  `${of("fastcgi_probe_outcome", 'outcome!="pass"')} or on (${BY_TARGET}) ` +
  `(${of("fastcgi_probe_outcome")} and on (${BY_TARGET}) ${of("fastcgi_health", 'state="unknown"')} == 1))`;
const ofTarget = (/** @type {string} */ what) => `max by (${BY_TARGET}) (${what})`;
const beside = (/** @type {string} */ what) => `${NOT_WELL} * on (${BY_TARGET}) group_left () ${what}`;
const known = (/** @type {string} */ what) => `max by (${BY_TARGET}, address, transport, module, source) (` +
  `${of("fastcgi_target_info")} * on (${BY_TARGET}) group_left () ${what})`;
const FILL = `max by (${BY_TARGET}) (` +
  `${of("fastcgi_listen_queue_connections")} / (${of("fastcgi_listen_queue_limit")} > 0))`;
const rate = rating(of);
const per = (/** @type {string} */ part, /** @type {string} */ whole) => `${part} / ${whole}`;

const FILL_STEPS = /** @type {[number | null, string][]} */ ([[null, "green"], [0.2, "orange"], [0.5, "red"]]);

/** @type {import("./parts").Row} */
const now = {
  title: "Now: who is not well, since when, and why",
  panels: [
    [states({
      title: "Targets by health",
      description: "Saturated is alive but has no worker free; unknown: nothing fresh is known.",
      unit: "short",
      queries: [[`sum by (state) (${of("fastcgi_health")})`, { legend: "{{state}}", instant: true }]],
    }), 9, 4],
    [figure({
      title: "Probes passed",
      description: "Of all probes in the time range. A saturated pool fails a probe only once: while that is " +
        "unanswered no other is made.",
      unit: "percentunit", decimals: 2,
      steps: [[null, "red"], [0.99, "orange"], [0.999, "green"]],
      queries: [[`1 - ${per(`sum(increase(${of("fastcgi_probe_failures_total")}[$__range]))`,
        `sum(increase(${of("fastcgi_probes_total")}[$__range]))`)}`, { instant: true }]],
    }), 5, 4],
    [figure({
      title: "Answered within 0.5 s",
      description: "Of all probes in the time range, the unanswered ones included. Needs 0.5 among metrics.buckets, " +
        "as by default.",
      unit: "percentunit", decimals: 2,
      steps: [[null, "red"], [0.95, "orange"], [0.99, "green"]],
      queries: [[per(`sum(increase(${of("fastcgi_probe_duration_seconds_bucket", 'le="0.5"')}[$__range]))`,
        `sum(increase(${of("fastcgi_probes_total")}[$__range]))`), { instant: true }]],
    }), 5, 4],
    [figure({
      title: "Busy or dead cannot be told",
      description: "Targets whose accept queue cannot be read: remote, or in another network namespace. A silent " +
        "one is shown as down, unless a status address says that it is busy.",
      unit: "short", none: "0",
      steps: [[null, "text"]],
      queries: [[`sum(1 - ${of("fastcgi_listen_queue_readable")})`, { instant: true }]],
    }), 5, 4],
    [grid({
      title: "Checks that do not pass",
      description: "The last outcome says why; the README of fastcgi_exporter says what to do about each. The last " +
        "pass says since when. A queue that is not empty: busy, not dead.",
      unit: "short", none: "Every check passes.",
      queries: [
        [beside(healthCode(of)), TABLE],
        [beside(ofTarget(`${of("fastcgi_last_success_timestamp_seconds")} * 1000`)), TABLE],
        [beside(`max by (${BY_TARGET}) (changes(${of("fastcgi_up")}[1h]))`), TABLE],
        [beside(ofTarget(of("fastcgi_listen_queue_connections"))), TABLE],
        [beside(FILL), TABLE],
        [beside(ofTarget(of("phpfpm_longest_running_request_seconds"))), TABLE],
      ],
      sort: { field: "Health", desc: true },
      columns: [
        { name: "job", as: "Job", hidden: true },
        { name: "target", as: "Target", links: [fieldLink("Its pool", POOL_OF_ROW)] },
        { name: "instance", as: "Instance" },
        {
          name: "Value #A", as: "Health", mappings: HEALTH_WORDS,
          steps: [[null, "green"], [1, "orange"], [2, "red"], [3, "purple"]],
        },
        { name: "check", as: "Check" },
        { name: "outcome", as: "Outcome", links: [fieldLink("What the exporter says of it (where it can be reached)",
          "http://${__data.fields.Instance}/fcgi-ping/${__data.fields.Target}?verbose").targetBlank(true)] },
        { name: "Value #B", as: "Last pass", unit: "dateTimeFromNow", mappings: words({ 0: ["never", "red"] }) },
        { name: "Value #C", as: "Changes in 1 h", unit: "short" },
        { name: "Value #D", as: "Waiting", unit: "short" },
        { name: "Value #E", as: "Queue full", unit: "percentunit", decimals: 0, steps: FILL_STEPS },
        { name: "Value #F", as: "Longest request", unit: "s" },
      ],
    }), 24, 8],
    [timeline({
      title: "Health of the targets that were not up all the time",
      description: "One row for each target that was saturated, down or unknown in the time range. A gap: it was " +
        "not watched, or its exporter could not be scraped.",
      unit: "none", none: "Every target was up all the time.", links: toPool(),
      queries: [[`${healthCode(of)} and on (${BY_TARGET}) max by (${BY_TARGET}) ` +
        `(max_over_time(${of("fastcgi_health", 'state!="up"')}[$__range] @ end())) > 0`, { legend: SERIES }]],
    }), 24, 8],
  ],
};

/** @type {import("./parts").Row} */
const red = {
  title: "Rate, errors, duration",
  panels: [
    [lines({
      title: "Probes",
      description: "Probes judged a second, by check. Falls when targets hang: an unanswered probe is waited for, " +
        "and none is made beside it.",
      unit: "cps",
      queries: [[`sum by (check) (${rate("fastcgi_probes_total")})`, { legend: "{{check}}" }]],
    }), 8, 8],
    [lines({
      title: "Failures by reason",
      description: "Share of the probes. connect, closed: nobody serves; timeout: silent, or busy; overloaded: it " +
        "says so itself; status, mismatch: a wrong answer; protocol: not FastCGI; resolve: its name. Not with " +
        "metrics.detail: compact.",
      unit: "percentunit", stacked: true, bars: true,
      queries: [[`sum by (reason) (${rate("fastcgi_probe_failures_total")}) / on () group_left () ` +
        `sum(${rate("fastcgi_probes_total")})`, { legend: "{{reason}}" }]],
    }), 8, 8],
    [lines({
      title: "Wrong answers",
      description: "The targets with most answers that were whole but not the expected ones: misconfigured, or an " +
        "application in trouble.",
      unit: "cps", links: toPool(),
      queries: [[`topk(10, sum by (${BY_TARGET}, check) (${rate("fastcgi_mismatches_total")}) > 0)`,
        { legend: `${SERIES} {{check}}` }]],
    }), 8, 8],
    [lines({
      title: "Time to answer",
      description: "From connect to END_REQUEST, of pings that were answered, late ones included. Who does not " +
        "answer is in the panel beside this.",
      unit: "s",
      queries: [[0.5, "median"], [0.9, "90 %"], [0.99, "99 %"]].map(([q, legend]) => [
        `histogram_quantile(${q}, sum by (le) (${rate("fastcgi_probe_duration_seconds_bucket", PINGS)}))`,
        { legend: String(legend) }]),
    }), 8, 8],
    [lines({
      title: "Not answered in time",
      description: "Probes a second that were judged a timeout, answers that came after that, and connections given " +
        "up. The quantiles beside this know nothing of the first until they become the second.",
      unit: "cps", colors: { "timeouts": "red", "late answers": "orange", "given up": "purple" },
      queries: [
        [`sum(${rate("fastcgi_probe_failures_total", 'reason="timeout"')})`, { legend: "timeouts" }],
        [`sum(${rate("fastcgi_late_answers_total")})`, { legend: "late answers" }],
        [`sum(${rate("fastcgi_probes_abandoned_total")})`, { legend: "given up" }],
      ],
    }), 8, 8],
    [heat({
      title: "Time to answer, all of them",
      description: "How many probes took how long. A second band above the first: some targets are slow, or all are " +
        "now and then.",
      unit: "short",
      queries: [[`sum by (le) (increase(${of("fastcgi_probe_duration_seconds_bucket", PINGS)}[$__rate_interval]))`,
        { legend: "{{le}}", format: "heatmap" }]],
    }), 8, 8],
  ],
};

/** @type {import("./parts").Row} */
const who = {
  title: "Which targets",
  panels: [
    [lines({
      title: "Accept queue, the fullest",
      description: "Part of the kernel's accept queue that is taken. At 100 % new connections are refused. Local " +
        "targets only.",
      unit: "percentunit", steps: FILL_STEPS, links: toPool(),
      queries: [[`topk(10, ${FILL} > 0)`,
        { legend: SERIES }]],
    }), 8, 8],
    [lines({
      title: "Mean time to answer, the slowest",
      description: "Of the pings answered lately.",
      unit: "s", links: toPool(),
      queries: [[`topk(10, sum by (${BY_TARGET}) (${rate("fastcgi_probe_duration_seconds_sum", PINGS)}) / ` +
        `(sum by (${BY_TARGET}) (${rate("fastcgi_probe_duration_seconds_count", PINGS)}) > 0))`,
      { legend: SERIES }]],
    }), 8, 8],
    [lines({
      title: "Last probe by phase, the slowest",
      description: "resolve: the name servers; connect: the network, or a full backlog; wait: for a worker, and for " +
        "what it does. Choose one target to see its own.",
      unit: "s",
      queries: [[`max by (phase) (${of("fastcgi_last_probe_phase_seconds", PINGS)})`, { legend: "{{phase}}" }]],
    }), 8, 8],
  ],
};

/** @type {import("./parts").Row} */
const behind = {
  title: "What else happened, and what is watched",
  collapsed: true,
  panels: [
    [lines({
      title: "Beats without a new probe",
      description: "outstanding: the probe before is still unanswered, so no other is made; backoff: after one was " +
        "given up; limit: no descriptor; missed: the exporter was late.",
      unit: "cps", stacked: true,
      queries: [[`sum by (reason) (${rate("fastcgi_probes_skipped_total")})`, { legend: "{{reason}}" }]],
    }), 8, 8],
    [lines({
      title: "Probes sent once more",
      description: "After a reset before any answer, as in a pool's reload.",
      unit: "cps",
      queries: [[`sum by (${BY_TARGET}) (${rate("fastcgi_probe_retries_total")}) > 0`, { legend: SERIES }]],
    }), 8, 8],
    [lines({
      title: "Written to stderr",
      description: "Bytes that answers to probes brought on FastCGI's STDERR stream, by target: PHP's warnings, " +
        "most often.",
      unit: "Bps",
      queries: [[`topk(10, sum by (${BY_TARGET}) (${rate("fastcgi_response_stderr_bytes_total")}) > 0)`,
        { legend: SERIES }]],
    }), 8, 8],
    [grid({
      title: "Watched targets",
      description: "Every target of the exporters chosen above, whether its last round passed, and when that was.",
      unit: "short", none: "No targets.",
      queries: [
        [known(ofTarget(of("fastcgi_up"))), TABLE],
        [known(ofTarget(`${of("fastcgi_last_probe_timestamp_seconds")} * 1000`)), TABLE],
      ],
      sort: { field: "Last round passed", desc: false },
      columns: [
        { name: "job", as: "Job", hidden: true },
        { name: "target", as: "Target", links: [fieldLink("Its pool", POOL_OF_ROW)] },
        { name: "instance", as: "Instance" },
        { name: "address", as: "Address" },
        { name: "transport", as: "Transport" },
        { name: "module", as: "Module" },
        { name: "source", as: "Source" },
        { name: "Value #A", as: "Last round passed", mappings: words({ 0: ["no", "red"], 1: ["yes", "green"] }) },
        { name: "Value #B", as: "Last round", unit: "dateTimeFromNow", mappings: words({ 0: ["none yet", "purple"] }) },
      ],
    }), 24, 10],
  ],
};

module.exports = dashboard({
  uid: OVERVIEW,
  title: "FastCGI overview",
  description: "Health, rate, errors and duration of the FastCGI responders that fastcgi_exporter watches.",
  variables: [
    variable("job", "Job", "fastcgi_health"),
    variable("instance", "Instance", 'fastcgi_health{job=~"$job"}'),
    variable("target", "Target", ofExporter("fastcgi_health")),
  ],
  annotations: [
    momentAnnotation("Pool restarts", "orange", of("phpfpm_start_time_seconds"), "{{target}}: pool (re)started"),
    momentAnnotation("Configuration reloads", "blue",
      ofExporter("fastcgi_exporter_config_last_reload_success_timestamp_seconds"), "{{instance}}: configuration read"),
    momentAnnotation("Exporter restarts", "purple", ofExporter("process_start_time_seconds"),
      "{{instance}}: exporter started"),
  ],
  links: [linkTo("PHP-FPM pool", POOL), linkTo("Exporter internals", EXPORTER)],
  rows: [now, red, who, behind],
});
