// The house style: what every dashboard, variable and panel has in common. The files beside this one say what is shown.
// Panels are built with Grafana's Foundation SDK; their places and ids are given here, in the order of the rows.
"use strict";

const { DashboardBuilder, DashboardLinkBuilder, DatasourceVariableBuilder, QueryVariableBuilder, RowBuilder,
  AnnotationQueryBuilder, ThresholdsConfigBuilder, DashboardCursorSync, DashboardLinkType, VariableRefresh,
  VariableSort, ThresholdsMode } = require("@grafana/grafana-foundation-sdk/dashboard");
const { DataqueryBuilder, PromQueryFormat } = require("@grafana/grafana-foundation-sdk/prometheus");

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const GRID_WIDTH = 24;
const TAG = "fastcgi";

/** `metric` of the chosen job, instance and further variables; `extra` are matchers of its own.
 * @param {string[]} more */
const selecting = (more) => (/** @type {string} */ metric, extra = "") => {
  const matchers = ["job", "instance", ...more].map((name) => `${name}=~"$${name}"`);
  return `${metric}{${[...matchers, ...(extra ? [extra] : [])].join(", ")}}`;
};

/** The rate of a counter, by the same matchers. @param {(metric: string, extra?: string) => string} of */
const rating = (of) => (/** @type {string} */ metric, extra = "") => `rate(${of(metric, extra)}[$__rate_interval])`;

/** @typedef {{legend?: string, instant?: boolean, format?: "table" | "heatmap"}} Form */

/** The queries of a panel, named A, B, C... in this order.
 * @param {any} panel
 * @param {[string, Form][]} queries */
function ask(panel, queries) {
  queries.forEach(([expr, form], index) => {
    const query = new DataqueryBuilder().datasource(DATASOURCE).expr(expr).refId(String.fromCharCode(65 + index));
    if (form.legend) query.legendFormat(form.legend);
    if (form.format) query.format(form.format === "table" ? PromQueryFormat.Table : PromQueryFormat.Heatmap);
    if (form.instant) query.instant();
    else query.range();
    panel.withTarget(query);
  });
  return panel;
}

/** What every panel must say.
 * @param {any} panel
 * @param {{title: string, description: string, unit: string, queries: [string, Form][]}} what */
function common(panel, { title, description, unit, queries }) {
  return ask(panel.title(title).description(description).datasource(DATASOURCE).unit(unit), queries);
}

/** @param {[number | null, string][]} steps from which value on which colour; the first from null */
function thresholds(steps) {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]) => ({ value, color })));
}

/** @param {Record<string, [string, string]>} words value to text and colour */
function words(words) {
  const options = Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return [{ type: "value", options: Object.fromEntries(options) }];
}

function datasourceVariable() {
  return new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus");
}

/** Multi-value, "All" by default, asked again when the time range changes.
 * @param {string} name
 * @param {string} label
 * @param {string} metric a selector, whose label `name` has the values */
function variable(name, label, metric) {
  const query = `label_values(${metric}, ${name})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: `variable-${name}`, qryType: 1 })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current({ text: "All", value: "$__all" });
}

/** A line at each Unix time that the metric has had as its value.
 * @param {string} name
 * @param {string} color
 * @param {string} selector
 * @param {string} text may name labels: {{target}} */
function momentAnnotation(name, color, selector, text) {
  const expr = `${selector} * 1000`;
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .target(new DataqueryBuilder().expr(expr).refId("Anno"))
    .step("15s")
    .titleFormat(text)
    .useValueForTime(true);
}

/** @param {string} title
 * @param {string} uid */
function linkTo(title, uid) {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).icon("dashboard").url(`/d/${uid}`)
    .tooltip("").keepTime(true).includeVars(true);
}

/** @param {any[]} panels of one row, from `y` on; each has its width and height
 * @returns the y below them */
function place(/** @type {any[]} */ panels, /** @type {number} */ y) {
  let x = 0;
  let height = 0;
  for (const panel of panels) {
    const { w, h } = panel.gridPos;
    if (x + w > GRID_WIDTH) [x, y, height] = [0, y + height, 0];
    panel.gridPos = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
  }
  return y + height;
}

/** @typedef {{title: string, collapsed?: boolean, panels: [any, number, number][]}} Row panels with width and height */

/** @param {Row[]} rows */
function laidOut(rows) {
  /** @type {any[]} */
  const all = [];
  let y = 0;
  let id = 0;
  for (const row of rows) {
    const head = new RowBuilder(row.title).collapsed(row.collapsed ?? false).build();
    Object.assign(head, { id: ++id, gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 } });
    const panels = row.panels.map(([panel, w, h]) => ({ ...panel.build(), id: ++id, gridPos: { w, h } }));
    const end = place(panels, y + 1);
    y = row.collapsed ? y + 1 : end;
    all.push({ ...head, panels: row.collapsed ? panels : [] }, ...(row.collapsed ? [] : panels));
  }
  return all;
}

/** @param {{uid: string, title: string, description: string, variables: any[], annotations: any[], links: any[],
 *   rows: Row[]}} what */
function dashboard({ uid, title, description, variables, annotations, links, rows }) {
  const built = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG, "php-fpm", "prometheus"])
    .readonly()
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([datasourceVariable(), ...variables])
    .annotations(annotations)
    .links(links)
    .build();
  built.panels = laidOut(rows);
  return withoutNoise(built);
}

/** What the SDK writes though nobody asked for it: fields of other kinds of variables and of older tables, which
 * Grafana's own schema does not know there, and a place for links and annotations in a menu, out of sight.
 * @param {any} built */
function withoutNoise(built) {
  for (const one of built.templating.list) {
    for (const name of ["auto", "auto_min", "auto_count"]) delete one[name];
  }
  for (const one of [...built.links, ...built.annotations.list]) delete one.placement;
  for (const panel of built.panels.flatMap((/** @type {any} */ one) => [one, ...(one.panels ?? [])])) {
    if (panel.type === "table") delete panel.options.footer;
  }
  return built;
}

module.exports = { common, dashboard, linkTo, momentAnnotation, rating, selecting, thresholds,
  variable, words };
