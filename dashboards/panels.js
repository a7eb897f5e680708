// The kinds of panels, as they look on every dashboard.
"use strict";

const timeseries = require("@grafana/grafana-foundation-sdk/timeseries");
const stat = require("@grafana/grafana-foundation-sdk/stat");
const statetimeline = require("@grafana/grafana-foundation-sdk/statetimeline");
const heatmap = require("@grafana/grafana-foundation-sdk/heatmap");
const table = require("@grafana/grafana-foundation-sdk/table");
const c = require("@grafana/grafana-foundation-sdk/common");
const { FieldColorBuilder, DashboardLinkBuilder, FieldColorModeId, DashboardLinkType } =
  require("@grafana/grafana-foundation-sdk/dashboard");
const { HeatmapColorOptionsBuilder, HeatmapColorMode, HeatmapColorScale, YAxisConfigBuilder, HeatmapTooltipBuilder } =
  heatmap;
const { common, thresholds, words } = require("./parts");

/** @typedef {import("./parts").Form} Form */
/** @typedef {{title: string, description: string, unit: string, queries: [string, Form][]}} What */

// How health is drawn as a number: 0 to 3, the worse the redder; unknown is not red, for nobody knows.
const HEALTH_WORDS = words({
  0: ["up", "green"], 1: ["saturated", "orange"], 2: ["down", "red"], 3: ["unknown", "purple"],
});
const STATE_COLORS = { up: "green", saturated: "orange", down: "red", unknown: "purple" };

/** @param {(metric: string, extra?: string) => string} of
 * @returns a number for the state of each target, as HEALTH_WORDS reads it */
function healthCode(of) {
  const is = (/** @type {string} */ state) => of("fastcgi_health", `state="${state}"`);
  return `max by (job, instance, target) (${is("saturated")} + ignoring (state) 2 * ${is("down")}` +
    ` + ignoring (state) 3 * ${is("unknown")})`;
}

/** @param {What & {stacked?: boolean, bars?: boolean, min?: number, max?: number, limits?: RegExp,
 *   steps?: [number | null, string][], colors?: Record<string, string>, links?: any[]}} what `limits`: dashed series */
function lines(what) {
  const panel = common(new timeseries.PanelBuilder(), what)
    .legend(new c.VizLegendOptionsBuilder().displayMode(c.LegendDisplayMode.Table).placement(c.LegendPlacement.Bottom)
      .showLegend(true).calcs(["lastNotNull", "max"]))
    .tooltip(new c.VizTooltipOptionsBuilder().mode(c.TooltipDisplayMode.Multi).sort(c.SortOrder.Descending))
    .drawStyle(what.bars ? c.GraphDrawStyle.Bars : c.GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(what.stacked || what.bars ? 40 : 5)
    .showPoints(c.VisibilityMode.Never)
    .min(what.min ?? 0);
  if (what.max !== undefined) panel.max(what.max);
  if (what.stacked) panel.stacking(new c.StackingConfigBuilder().mode(c.StackingMode.Normal).group("A"));
  if (what.steps) {
    panel.thresholds(thresholds(what.steps))
      .thresholdsStyle(new c.GraphThresholdsStyleConfigBuilder().mode(c.GraphThresholdsStyleMode.Dashed));
  }
  if (what.limits) {
    panel.overrideByRegexp(String(what.limits), [
      { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
      { id: "custom.fillOpacity", value: 0 },
      { id: "custom.stacking", value: { mode: "none", group: "A" } },
      { id: "color", value: { mode: "fixed", fixedColor: "red" } },
    ]);
  }
  for (const [name, fixedColor] of Object.entries(what.colors ?? {})) {
    panel.overrideByName(name, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  }
  if (what.links) panel.dataLinks(what.links);
  return panel;
}

/** One figure, or a few.
 * @param {What & {steps: [number | null, string][], none?: string, mappings?: any[], decimals?: number}} what */
function figure(what) {
  const panel = common(new stat.PanelBuilder(), what)
    .reduceOptions(new c.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields(""))
    .colorMode(c.BigValueColorMode.Background)
    .graphMode(c.BigValueGraphMode.None)
    .textMode(c.BigValueTextMode.Auto)
    .thresholds(thresholds(what.steps));
  if (what.none) panel.noValue(what.none);
  if (what.mappings) panel.mappings(what.mappings);
  if (what.decimals !== undefined) panel.decimals(what.decimals);
  return panel;
}

/** Targets by state, each in its colour, and grey while there are none. @param {What} what */
function states(what) {
  const panel = figure({ ...what, steps: [[null, "text"]] }).textMode(c.BigValueTextMode.ValueAndName);
  for (const [state, color] of Object.entries(STATE_COLORS)) {
    const steps = [{ value: null, color: "text" }, { value: 1, color }];
    panel.overrideByName(state, [{ id: "thresholds", value: { mode: "absolute", steps } }]);
  }
  return panel;
}

/** @param {What & {none: string, links: any[]}} what of a healthCode() */
function timeline(what) {
  return common(new statetimeline.PanelBuilder(), what)
    .mappings(HEALTH_WORDS)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(thresholds([[null, "green"], [1, "orange"], [2, "red"], [3, "purple"]]))
    .showValue(c.VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(80)
    .perPage(20)
    .legend(new c.VizLegendOptionsBuilder().displayMode(c.LegendDisplayMode.List).placement(c.LegendPlacement.Bottom)
      .showLegend(true).calcs([]))
    .noValue(what.none)
    .dataLinks(what.links);
}

/** @param {What} what whose legend is {{le}} */
function heat(what) {
  return common(new heatmap.PanelBuilder(), what)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Oranges").exponent(0.5)
      .scale(HeatmapColorScale.Exponential).steps(64).fill("dark-orange").reverse(false))
    .yAxis(new YAxisConfigBuilder().unit("s").axisPlacement(c.AxisPlacement.Left).reverse(false))
    .tooltip(new HeatmapTooltipBuilder().mode(c.TooltipDisplayMode.Single).yHistogram(true).showColorScale(false))
    .cellGap(1)
    .showLegend();
}

/** @typedef {{name: string, as: string, unit?: string, mappings?: any[], steps?: [number | null, string][],
 *   links?: any[], hidden?: boolean, decimals?: number}} Column `name`: a label, or "Value #A" */

/** Rows are joined by their labels, which all the queries must have alike.
 * @param {What & {columns: Column[], sort?: {field: string, desc: boolean}, none: string}} what */
function grid(what) {
  const shown = what.columns.filter((column) => !column.hidden);
  const hidden = what.columns.filter((column) => column.hidden).map((column) => column.name);
  const panel = common(new table.PanelBuilder(), what)
    .showHeader(true)
    .noValue(what.none)
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: Object.fromEntries(["Time", ...hidden].map((name) => [name, true])),
        indexByName: Object.fromEntries(shown.map((column, index) => [column.name, index])),
        renameByName: Object.fromEntries(shown.map((column) => [column.name, column.as])),
      },
    });
  if (what.sort) panel.withTransformation({ id: "sortBy", options: { fields: {}, sort: [what.sort] } });
  for (const column of shown) {
    const properties = [];
    if (column.unit) properties.push({ id: "unit", value: column.unit });
    if (column.decimals !== undefined) properties.push({ id: "decimals", value: column.decimals });
    if (column.mappings) properties.push({ id: "mappings", value: column.mappings });
    if (column.links) properties.push({ id: "links", value: column.links.map((link) => link.build()) });
    if (column.steps) {
      const steps = column.steps.map(([value, color]) => ({ value, color }));
      properties.push({ id: "thresholds", value: { mode: "absolute", steps } });
      properties.push({ id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } });
    }
    if (properties.length) panel.overrideByName(column.as, properties);
  }
  return panel;
}

/** A link from a series or a cell. @param {string} title @param {string} url */
function fieldLink(title, url) {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url);
}

module.exports = { HEALTH_WORDS, fieldLink, figure, grid, healthCode, heat, lines, states, timeline };
