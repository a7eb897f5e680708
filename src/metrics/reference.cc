#include <string>
#include <string_view>
#include <vector>

#include "metrics/exporter_metrics.h"
#include "metrics/page.h"
#include "metrics/process_metrics.h"
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

// One series at least of every family that there can be.
std::vector<prometheus::MetricFamily> families_of_the_exporter() {
  ExporterReadings readings;
  readings.http_requests_by_code = {{200, 0}};
  auto families = exporter_families(0, state::Vitals(0), readings);
  for (auto& family : process_families({0, 0, 0, 0, 0, 0, 0, 0})) {
    families.push_back(std::move(family));
  }
  return families;
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
  for (const auto& family : families_of_the_exporter()) {
    text += cells({code(family.name), label(type_of(family)), label_names_of(family), family.help});
  }
  return text;
}

}  // namespace metrics
