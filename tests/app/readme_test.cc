// The tables of the README are what the program says of itself. UPDATE_README=1 rewrites them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "metrics/page.h"
#include "probe/outcome.h"

namespace app {
namespace {

std::string read_readme() {
  std::ostringstream text;
  text << std::ifstream(README_FILE).rdbuf();
  return text.str();
}

std::string outcomes_table() {
  std::string table =
      "| outcome | reason | class | dead | what it means and what to do |\n|---|---|---|---|---|\n";
  for (const probe::OutcomeInfo& row : probe::outcomes()) {
    const bool passed = row.outcome == probe::Outcome::pass;
    table += "| `" + std::string(row.label) + "` | " +
             (passed ? "" : std::string(probe::label(row.reason))) + " | " +
             std::string(probe::label(row.outcome_class)) + " | " + (row.dead ? "yes" : "") +
             " | " + std::string(row.sentence) + " |\n";
  }
  return table;
}

// Replaces what stands between the two marks; fails when they are not there.
void put_between_marks(std::string& text, const std::string& name, const std::string& block) {
  const std::string begin = "<!-- " + name + ": begin -->\n";
  const auto from = text.find(begin);
  const auto to = text.find("<!-- " + name + ": end -->");
  ASSERT_NE(from, std::string::npos) << name;
  ASSERT_NE(to, std::string::npos) << name;
  text.replace(from + begin.size(), to - from - begin.size(), block);
}

TEST(Readme, HasTheTablesOfMetricsAndOutcomesAsTheProgramHasThem) {
  const std::string checked_in = read_readme();
  std::string wanted = checked_in;
  put_between_marks(wanted, "metrics", metrics::metrics_reference());
  put_between_marks(wanted, "outcomes", outcomes_table());
  if (std::getenv("UPDATE_README") != nullptr) std::ofstream(README_FILE) << wanted;
  EXPECT_EQ(read_readme(), wanted) << "run this test with UPDATE_README=1";
}

}  // namespace
}  // namespace app
