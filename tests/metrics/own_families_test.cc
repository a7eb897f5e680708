#include "metrics/own_families.h"

#include <gmock/gmock.h>

#include <map>

#include "exposition/script_output.h"
#include "metrics/hipages_metrics.h"
#include "metrics/serializer.h"
#include "metrics/target_metrics.h"

namespace metrics {
namespace {

using testing::Contains;
using testing::Not;

TEST(OwnNames, AreThoseOfTargetsPoolsCompatibilityAndTheExporterInBothFormats) {
  for (const char* name :
       {"fastcgi_up", "fastcgi_probes_total", "fastcgi_probes", "fastcgi_probe_duration_seconds",
        "fastcgi_probe_duration_seconds_bucket", "fastcgi_probe_duration_seconds_count",
        "phpfpm_slow_requests_total", "phpfpm_slow_requests", "phpfpm_processes_by_state",
        "phpfpm_process_state", "phpfpm_up", "fastcgi_exporter_script_series_refused",
        "process_cpu_seconds_total", "process_cpu_seconds"}) {
    EXPECT_THAT(own_names(), Contains(name));
  }
  EXPECT_THAT(own_names(), Not(Contains("phpfpm_opcache_up")));
}

// What is shown in one format beside the other families of that format.
using Families = std::map<std::string, exposition::MetricType>;

void expect_no_name_twice(const Families& families) {
  std::map<std::string, std::string> taken_by;
  for (const auto& [family, type] : families) {
    for (const std::string& name : exposition::taken_names(family, type)) {
      const auto [at, is_new] = taken_by.emplace(name, family);
      EXPECT_TRUE(is_new || at->second == family)
          << name << " of " << family << " and " << at->second;
    }
  }
}

Families native_families() {
  Families families;
  for (const Row& row : target_rows()) families.emplace(row.name, row.type);
  for (const auto& family : exporter_and_process_families()) {
    families.emplace(family.name, type_of(family));
  }
  return families;
}

TEST(OwnNames, NoTwoNativeFamiliesTakeTheSameName) {
  expect_no_name_twice(native_families());
}

// In text 0.0.4, the only format that has both, only the very name counts.
TEST(OwnNames, CompatibleFamiliesHaveNoNameOfNativeOnes) {
  const Families native = native_families();
  for (const HipagesRow& row : hipages_rows()) {
    EXPECT_FALSE(native.contains(std::string(row.name))) << row.name;
  }
  EXPECT_EQ(hipages_rows().size(), 18u);
}

}  // namespace
}  // namespace metrics
