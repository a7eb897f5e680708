// What a dashboard's JSON must be by Grafana's own types, excess fields included. Enums are written as their values there.
import type { AnnotationQuery, Dashboard, Panel, RowPanel, VariableModel } from "@grafana/schema";
import type { Options as HeatmapOptions } from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TimelineOptions } from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type { Options as TableOptions } from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type { Options as LinesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Written<T> = T extends string ? `${T}` : T extends (infer Each)[] ? Written<Each>[]
  : T extends object ? { [Key in keyof T]: Written<T[Key]> } : T;

// Fields of the Prometheus data source, of which the schema knows nothing.
interface Query {
  refId: string;
  expr: string;
  datasource?: { type: "prometheus"; uid: "${datasource}" };
  legendFormat?: string;
  format?: "table" | "heatmap";
  instant?: boolean;
  range?: boolean;
}
interface Moments {
  expr: string;
  target: Query;
  step: string;
  titleFormat: string;
  useValueForTime: boolean;
}

type Kind<Type extends string, Options> = Omit<Written<Panel>, "type" | "options" | "targets"> & {
  type: Type;
  options: Written<Options>;
  targets: Query[];
};
type OurPanel = Kind<"heatmap", Partial<HeatmapOptions>> | Kind<"stat", StatOptions> | Kind<"state-timeline", TimelineOptions>
  | Kind<"table", Partial<TableOptions>> | Kind<"timeseries", LinesOptions>;

export type Contract = Omit<Written<Dashboard>, "templating" | "annotations" | "panels"> & {
  templating: { list: (Written<VariableModel> & { definition?: string })[] };
  annotations: { list: (Omit<Written<AnnotationQuery>, "target"> & Moments)[] };
  panels: (OurPanel | (Omit<Written<RowPanel>, "panels"> & { panels: OurPanel[] }))[];
};
