// A static label stands in every series of its target, so it must not have the name of a label that
// a series has of its own. The rules of one floor against the rows of another.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>

#include "config/rules.h"
#include "metrics/hipages_metrics.h"
#include "metrics/target_metrics.h"

namespace app {
namespace {

void expect_reserved(std::string_view labels, std::string_view metric) {
  std::istringstream names{std::string(labels)};
  for (std::string name; std::getline(names >> std::ws, name, ',');) {
    EXPECT_NE(config::label_problem(name, "x"), "") << name << " of " << metric;
  }
}

TEST(ReservedLabels, AreThoseOfEveryRow) {
  for (const metrics::Row& row : metrics::target_rows()) expect_reserved(row.labels, row.name);
  for (const metrics::HipagesRow& row : metrics::hipages_rows()) {
    expect_reserved(row.labels, row.name);
  }
}

}  // namespace
}  // namespace app
