#include "app/get_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/fastcgi_bytes.h"
#include "support/scripted_responder.h"

namespace app {
namespace {

using support::ScriptedResponder;
using support::Where;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPage =
    R"({"pool":"www","process manager":"static","start time":1795395600,"start since":60,)"
    R"("accepted conn":18446744073709551615,"listen queue":1,"max listen queue":2,)"
    R"("listen queue len":128,"idle processes":3,"active processes":4,"total processes":7,)"
    R"("max active processes":5,"max children reached":6,"slow requests":8,"processes":[{"pid":9,)"
    R"("state":"Reading headers","start time":1795395600,"start since":60,"requests":10,)"
    R"("request duration":11,"request method":"GET","request uri":"/a?secret",)"
    R"("content length":0,"user":"secret","script":"/secret.php","last request cpu":1.50,)"
    R"("last request memory":2097152}]})";

std::vector<support::Script> answering(const std::string& body) {
  namespace step = support::step;
  return {{step::read_request(),
           step::send(support::answer("Content-Type: application/json\r\n\r\n" + body))}};
}

// As --compat=hipages makes them, one target for each address.
config::Config watching(const std::vector<base::Address>& addresses) {
  config::Config config;
  config::Module module;
  module.name = "pool";
  module.timeout = std::chrono::milliseconds(200);
  module.checks = {config::default_check("status")};
  module.checks[0].process_details = probe::ProcessDetails::per_process;
  config.modules["pool"] = module;
  for (const base::Address& address : addresses) {
    config::Target target;
    target.name = "t" + std::to_string(config.targets.size());
    target.address = address;
    target.module = "pool";
    target.scrape_uri = "uri" + std::to_string(config.targets.size());
    config.targets.push_back(target);
  }
  return config;
}

const base::Address kNowhere{
    .transport = base::Transport::unix_socket, .host = {}, .port = 0, .path = "/nonexistent/x"};

struct Got {
  int code;
  std::string out;
};

Got get(GetFormat format, const config::Config& config) {
  std::ostringstream out;
  const int code = run_get(format, config, out);
  return {code, out.str()};
}

TEST(GetCommand, PrintsOneKeyALine) {
  const ScriptedResponder pool(Where::unix_path, answering(kPage));
  const Got got = get(GetFormat::text, watching({pool.address()}));
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out,
            "Address:                uri0\n"
            "Pool:                   www\n"
            "Start time:             Mon, 23 Nov 2026 01:00:00 +0000\n"
            "Start since:            60\n"
            "Accepted connections:   18446744073709551615\n"
            "Listen Queue:           1\n"
            "Max Listen Queue:       2\n"
            "Listen Queue Length:    128\n"
            "Idle Processes:         3\n"
            "Active Processes:       4\n"
            "Total Processes:        7\n"
            "Max active processes:   5\n"
            "Max children reached:   6\n"
            "Slow requests:          8\n"
            "\n");
}

TEST(GetCommand, PrintsJsonWithPhpFpmsKeysAndWithoutWhatClientsWrote) {
  const ScriptedResponder pool(Where::unix_path, answering(kPage));
  const Got got = get(GetFormat::json, watching({pool.address()}));
  EXPECT_EQ(got.code, 0);
  const auto page = nlohmann::json::parse(got.out).at("pools").at(0);
  EXPECT_EQ(page.at("pool"), "www");
  EXPECT_EQ(page.at("accepted conn"), 18446744073709551615U);
  EXPECT_EQ(page.at("listen queue len"), 128);
  const auto& process = page.at("processes").at(0);
  EXPECT_EQ(process.at("state"), "Reading headers");
  EXPECT_EQ(process.at("request duration"), 11);
  EXPECT_EQ(process.at("last request memory"), 2097152);
  EXPECT_THAT(got.out, Not(HasSubstr("secret")));
}

TEST(GetCommand, ListsNoProcessesWhereItDoesNotKeepThem) {
  const ScriptedResponder pool(Where::unix_path, answering(kPage));
  config::Config config = watching({pool.address()});
  for (const auto details : {probe::ProcessDetails::off, probe::ProcessDetails::aggregate}) {
    config.modules["pool"].checks[0].process_details = details;
    const auto page = nlohmann::json::parse(get(GetFormat::json, config).out).at("pools").at(0);
    EXPECT_EQ(page.at("total processes"), 7);
    EXPECT_FALSE(page.contains("processes")) << "none would be wrong: the pool has 7";
  }
}

TEST(GetCommand, FailsWhenOneOfThemDoesAndSaysWhy) {
  const ScriptedResponder pool(Where::unix_path, answering(kPage));
  const ScriptedResponder other(Where::tcp, answering("<html>"));
  const config::Config config = watching({kNowhere, pool.address(), other.address()});
  const Got got = get(GetFormat::json, config);
  EXPECT_EQ(got.code, 1);
  const auto pools = nlohmann::json::parse(got.out).at("pools");
  ASSERT_EQ(pools.size(), 3u);
  EXPECT_THAT(pools[0].at("error").get<std::string>(), HasSubstr("no_socket: "));
  EXPECT_EQ(pools[1].at("pool"), "www");
  EXPECT_THAT(pools[2].at("error").get<std::string>(), HasSubstr("bad_status_page: "));
  EXPECT_THAT(get(GetFormat::text, config).out,
              HasSubstr("Address:                uri0\nError:                  no_socket: "));
}

TEST(GetCommand, PoolsThatHangAreAskedSideBySide) {
  const ScriptedResponder hanging(Where::unix_path, {{support::step::silent()}});
  const base::TimePoint before = base::Clock::now();
  const Got got = get(GetFormat::text, watching(std::vector<base::Address>(16, hanging.address())));
  EXPECT_EQ(got.code, 1);
  EXPECT_LT(base::Clock::now() - before, std::chrono::milliseconds(16 * 200));
  EXPECT_TRUE(hanging.wait_for([](const support::Counts& c) { return c.accepted == 16; }));
}

TEST(GetCommand, AsksTheStatusAddressIfThereIsOne) {
  const ScriptedResponder pool(Where::unix_path, answering(kPage));
  config::Config config = watching({kNowhere});
  config.targets[0].status_address = pool.address();
  EXPECT_EQ(get(GetFormat::text, config).code, 0);
}

TEST(GetCommand, ATargetWithoutAStatusCheckIsAFailure) {
  config::Config config = watching({kNowhere});
  config.modules["pool"].checks = {config::default_check("ping")};
  const Got got = get(GetFormat::text, config);
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.out, HasSubstr("the module pool has no status check"));
}

}  // namespace
}  // namespace app
