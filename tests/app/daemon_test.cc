#include "app/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <new>
#include <string>

#include "http/raw_client.h"

namespace app {
namespace {

base::Result<config::Loaded> load(const std::string& file) {
  config::Flags flags;
  flags.config_file = "exporter.yaml";
  flags.listen_addresses = {"127.0.0.1:0"};
  return config::load(flags, {}, [&](const std::string&) { return base::Result(file); });
}

const std::string kOneTarget = "targets: [{name: blog, address: 'unix:@nobody-listens'}]";

// The page after a reload that reads the file by `reload`.
std::string page_after(const std::function<base::Result<config::Loaded>()>& reload) {
  Signals signals;
  base::Address server;
  std::string page;
  int reloads = 0;
  const auto load_again = [&]() -> base::Result<config::Loaded> {
    ::kill(::getpid(), ++reloads == 1 ? SIGHUP : SIGTERM);
    if (reloads == 1) return reload();
    http::Client client(server);
    client.get("/metrics");
    page = client.response().body;
    return load(kOneTarget);
  };
  run_daemon(load(kOneTarget)->config, signals,
             {.load = load_again, .on_started = [&](const std::vector<base::Address>& bound) {
                server = bound.at(0);
                ::kill(::getpid(), SIGHUP);
              }});
  EXPECT_EQ(reloads, 2);
  return page;
}

const auto kRefused =
    testing::AllOf(testing::HasSubstr("\nfastcgi_exporter_config_last_reload_successful 0\n"),
                   testing::HasSubstr("target=\"blog\""));

TEST(Daemon, KeepsTheOldConfigurationWhereMemoryForTheNewOneIsLacking) {
  EXPECT_THAT(page_after([]() -> base::Result<config::Loaded> { throw std::bad_alloc(); }),
              kRefused);
}

TEST(Daemon, KeepsItsTargetsWhereTheFileWasEmptied) {
  for (const char* blank : {"", "# targets:", "{}"}) {
    EXPECT_THAT(page_after([blank] { return load(blank); }), kRefused) << blank;
  }
}

TEST(Daemon, HasNoTargetsWhereTheFileSaysSo) {
  const std::string page = page_after([] { return load("targets: []"); });
  EXPECT_THAT(page, testing::HasSubstr("\nfastcgi_exporter_config_last_reload_successful 1\n"));
  EXPECT_THAT(page, testing::Not(testing::HasSubstr("target=\"blog\"")));
}

}  // namespace
}  // namespace app
