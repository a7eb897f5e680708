#include <string>
#include <string_view>
#include <vector>

#include "metrics/hipages_metrics.h"
#include "metrics/own_families.h"
#include "metrics/page.h"
#include "metrics/probe_page.h"
#include "metrics/serializer.h"
#include "metrics/target_metrics.h"

namespace metrics {
namespace {

std::string cells(std::initializer_list<std::string_view> texts) {
  std::string line = "|";
  for (const std::string_view text : texts) line.append(" ").append(text).append(" |");
  return line + "\n";
}

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string label_names_of(const prometheus::MetricFamily& family) {
  std::string names;
  for (const auto& label : family.metric.front().label) {
    if (!names.empty()) names += ", ";
    names += label.name;
  }
  return names;
}

probe::OneShotReport sample_report() {
  probe::OneShotReport report;
  report.checks.emplace_back();
  return report;
}

}  // namespace

std::string metrics_reference() {
  std::string text =
      "Of each target, with its static labels beside `target`:\n\n"
      "| name | type | labels | with `detail: compact` | meaning |\n|---|---|---|---|---|\n";
  for (const Row& row : target_rows()) {
    text += cells({code(row.name), label(row.type), row.labels,
                   row.least == Detail::compact ? "yes" : "no", row.help});
  }
  text +=
      "\nOf the exporter itself:\n\n"
      "| name | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& family : exporter_and_process_families()) {
    text += cells({code(family.name), label(type_of(family)), label_names_of(family), family.help});
  }
  text +=
      "\nOf `/probe`, beside `phpfpm_*` and what scripts print, without labels of the target:\n\n"
      "| name | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& family : probe_families(sample_report())) {
    text += cells({code(family.name), label(type_of(family)), label_names_of(family), family.help});
  }
  text +=
      "\nWith `--compat=hipages`, before these:\n\n"
      "| name | type | labels | meaning |\n|---|---|---|---|\n";
  for (const HipagesRow& row : hipages_rows()) {
    text += cells({code(row.name), label(row.type), row.labels, row.help});
  }
  return text;
}

}  // namespace metrics
