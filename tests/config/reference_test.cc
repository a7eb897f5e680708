#include "config/reference.h"

#include <gmock/gmock.h>

#include "config/loading.h"

namespace config {
namespace {

TEST(Reference, TheCheckedInCopyIsWhatTheTablesSay) {
  const auto path = examples() / "CONFIG.md";
  if (is_update()) return write_content(path, config_reference());
  EXPECT_EQ(content(path), config_reference()) << "UPDATE=1 rewrites it";
}

TEST(Reference, HasATableForEachMapping) {
  const std::string reference = config_reference();
  for (const char* path :
       {"web", "metrics", "modules.NAME", "modules.NAME.ping", "modules.NAME.ping.expect",
        "modules.NAME.checks.NAME", "modules.NAME.health", "modules.NAME.ready", "targets[]",
        "discovery", "discovery.php_fpm_pools[]", "discovery.target_files[]",
        "discovery.unix_sockets[]", "discovery.dns[]"}) {
    EXPECT_THAT(reference, testing::HasSubstr("\n## `" + std::string(path) + "`\n"));
  }
}

TEST(Reference, HasATableForEachKindOfCheck) {
  for (const probe::CheckKind& kind : probe::check_kinds()) {
    EXPECT_THAT(config_reference(),
                testing::HasSubstr("\n## `modules.NAME." + std::string(kind.name) + "`\n"));
  }
}

TEST(Reference, NamesTheVariablesOfTheOthers) {
  EXPECT_THAT(config_reference(), testing::HasSubstr("| `PING_RESPONSE` | `pong` |"));
  EXPECT_THAT(config_reference(),
              testing::HasSubstr("| `PHP_FPM_SCRAPE_URI` | `tcp://127.0.0.1:9000/status` |"));
}

TEST(Reference, ShowsDefaultsAsTheyAreWritten) {
  const std::string reference = config_reference();
  EXPECT_THAT(reference, testing::HasSubstr("| `interval` | a duration from 50ms to 1d | `5s` |"));
  EXPECT_THAT(reference, testing::HasSubstr("| `status` | a status such as 200, or a range such as "
                                            "200..299 | `\"200..299\"` |"));
}

}  // namespace
}  // namespace config
