#include "app/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <new>

#include "http/client.h"

namespace app {
namespace {

base::Result<config::Loaded> load() {
  config::Flags flags;
  flags.targets = {"blog=unix:@nobody-listens"};
  flags.listen_addresses = {"127.0.0.1:0"};
  return config::load(flags, {}, config::read_file);
}

TEST(Daemon, KeepsTheOldConfigurationWhereMemoryForTheNewOneIsLacking) {
  Signals signals;
  base::Address server;
  std::string page_after_it;
  int reloads = 0;
  const auto load_again = [&]() -> base::Result<config::Loaded> {
    ::kill(::getpid(), ++reloads == 1 ? SIGHUP : SIGTERM);
    if (reloads == 1) throw std::bad_alloc();
    http::Client client(server);
    client.get("/metrics");
    page_after_it = client.response().body;
    return load();
  };
  run_daemon(load()->config, signals,
             {.load = load_again, .on_started = [&](const std::vector<base::Address>& bound) {
                server = bound.at(0);
                ::kill(::getpid(), SIGHUP);
              }});
  EXPECT_EQ(reloads, 2);
  EXPECT_THAT(page_after_it,
              testing::HasSubstr("\nfastcgi_exporter_config_last_reload_successful 0\n"));
  EXPECT_THAT(page_after_it, testing::HasSubstr("target=\"blog\""));
}

}  // namespace
}  // namespace app
