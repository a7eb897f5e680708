#include "metrics/own_families.h"

#include <string_view>
#include <utility>

#include "exposition/script_output.h"
#include "metrics/exporter_metrics.h"
#include "metrics/hipages_metrics.h"
#include "metrics/process_metrics.h"
#include "metrics/serializer.h"
#include "metrics/target_metrics.h"

namespace metrics {

std::vector<prometheus::MetricFamily> exporter_and_process_families() {
  ExporterReadings readings;
  readings.http_requests_by_code = {{200, 0}};
  readings.discovery_problems = {{"dns", 0}};
  readings.web_config = WebConfigReadings{};
  auto families = exporter_families({}, state::Vitals(0), readings);
  for (auto& family : process_families({0, 0, 0, 0, 0, 0, 0, 0})) {
    families.push_back(std::move(family));
  }
  return families;
}

const std::unordered_set<std::string>& own_names() {
  static const std::unordered_set<std::string> names = [] {
    std::unordered_set<std::string> all;
    const auto take = [&all](std::string_view family, exposition::MetricType type) {
      for (std::string& name : exposition::taken_names(family, type)) all.insert(std::move(name));
    };
    for (const Row& row : target_rows()) take(row.name, row.type);
    for (const HipagesRow& row : hipages_rows()) take(row.name, row.type);
    for (const auto& family : exporter_and_process_families()) take(family.name, type_of(family));
    return all;
  }();
  return names;
}

}  // namespace metrics
