// What needs no process of its own; the rest of `check` is tested end to end.
#include "app/check_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/scripted_responder.h"

namespace app {
namespace {

using support::Counts;
using support::Script;
using support::ScriptedResponder;
using support::Where;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace step = support::step;

struct Ran {
  int code;
  std::string out, err;
};

// The exporter that is asked, if any, listens at `exporter`.
Ran run_at(const base::Address& exporter, const CheckOptions& options) {
  config::Config config = config::default_config();
  config.web.listen_address = {exporter};
  std::ostringstream out, err;
  const int code = run_check(options, config, out, err);
  return {code, out.str(), err.str()};
}

Ran run(const CheckOptions& options) {
  return run_at({}, options);
}

TEST(CheckCommand, WantsExactlyOneSubject) {
  EXPECT_EQ(run({}).code, kExitUsage);
  EXPECT_THAT(run({}).err, HasSubstr("--self"));
  CheckOptions both;
  both.subject = "127.0.0.1:9000";
  both.ask_self = true;
  EXPECT_EQ(run(both).code, kExitUsage);
}

TEST(CheckCommand, NamesAModuleThatIsNotThere) {
  CheckOptions options;
  options.subject = "127.0.0.1:9000";
  options.module = "nope";
  EXPECT_EQ(run(options).code, kExitUsage);
  EXPECT_THAT(run(options).err, HasSubstr("\"nope\""));
}

CheckOptions asking(const base::Address& address) {
  CheckOptions options;
  options.subject = address.text();
  options.timeout = std::chrono::milliseconds(100);
  return options;
}

// As the daemon says of it: our own connection waits in the queue, since no worker takes it.
TEST(CheckCommand, CallsALocalPoolSaturatedWhoseListenQueueHoldsOurConnection) {
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name}) {
    const ScriptedResponder pool(where, {{step::silent()}}, {.accepts = false});
    CheckOptions options = asking(pool.address());
    const Ran ran = run(options);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr(" is saturated (response_timeout"));
    EXPECT_THAT(ran.out, HasSubstr("1 waiting in the listen queue, limit 128: no worker is free"));
    options.question = web::Question::live;
    EXPECT_EQ(run(options).code, 0);
    options.nagios = true;
    EXPECT_EQ(run(options).code, 1);
    EXPECT_THAT(run(options).out, HasSubstr("FASTCGI WARNING - response_timeout"));
  }
}

TEST(CheckCommand, CallsALocalPoolDeadThatTookOurConnectionAndIsSilent) {
  const ScriptedResponder pool(Where::unix_path, {{step::read_request(), step::silent()}});
  CheckOptions options = asking(pool.address());
  options.question = web::Question::live;
  const Ran ran = run(options);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr(" is down (response_timeout"));
  EXPECT_THAT(ran.out, HasSubstr("the listen queue is empty: a worker took the request"));
}

TEST(CheckCommand, SaysWhyASilentPoolIsSilentInJson) {
  const ScriptedResponder pool(Where::tcp, {{step::silent()}}, {.accepts = false});
  CheckOptions options = asking(pool.address());
  options.json = true;
  const std::string told = run(options).out;
  EXPECT_THAT(told, HasSubstr("\"health\": \"saturated\""));
  EXPECT_THAT(told, HasSubstr("\"class\": \"busy\""));
}

// What an exporter says of itself, whatever it is asked.
Script saying(const std::string& head, const std::string& body) {
  return {step::send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body),
          step::wait_for_close()};
}

constexpr base::Duration kDrop = std::chrono::milliseconds(100);
const std::string kHealthy = "HTTP/1.1 200 OK\r\nX-Fastcgi-Exporter: healthy\r\n";

Ran ask_self_at(const base::Address& address, CheckOptions options = {}) {
  options.ask_self = true;
  return run_at(address, options);
}

TEST(CheckCommand, ReachesAnExporterWhereverItListens) {
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name}) {
    const ScriptedResponder exporter(where, {saying(kHealthy, "ok\n")});
    const Ran ran = ask_self_at(exporter.address());
    EXPECT_EQ(ran.code, 0) << exporter.address().text() << ": " << ran.err;
    EXPECT_EQ(ran.out, "ok\n");
  }
}

// One byte within each of the waits that --timeout once bounded, for a minute in all.
TEST(CheckCommand, GivesUpAServerThatDripsWhenTheTimeIsOver) {
  const std::string body(600, 'x');
  const Script drips_head{step::drip(kHealthy + "X-Long: " + body + "\r\n\r\n", kDrop)};
  const Script drips_body{step::send(kHealthy + "Content-Length: 600\r\n\r\n"),
                          step::drip(body, kDrop)};
  CheckOptions options;
  options.timeout = 4 * kDrop;
  for (const Script& script : {drips_head, drips_body}) {
    const ScriptedResponder server(Where::tcp, {script});
    const Ran ran = ask_self_at(server.address(), options);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("no whole answer came in time"));
    EXPECT_TRUE(server.wait_for([](const Counts& c) { return c.finished == 1; }));
    EXPECT_EQ(server.counts().closed_by_peer, 1U) << "it was read to its end";
  }
}

TEST(CheckCommand, GivesUpAServerThatDripsItsHandshakeWhenTheTimeIsOver) {
  const Script wants_tls =
      saying("HTTP/1.1 400 Bad Request\r\nX-Fastcgi-Error: https-only\r\n", "https\n");
  const std::string record("\x16\x03\x03\x02\x58", 5);
  const ScriptedResponder server(Where::tcp,
                                 {wants_tls, {step::drip(record + std::string(600, 'x'), kDrop)}});
  CheckOptions options;
  options.nagios = true;
  options.timeout = 4 * kDrop;
  const Ran ran = ask_self_at(server.address(), options);
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.out, HasSubstr("no whole answer came in time"));
  EXPECT_TRUE(server.wait_for([](const Counts& c) { return c.finished == 2; }));
  EXPECT_EQ(server.counts().closed_by_peer, 2U) << "it was read to its end";
}

CheckOptions about(const std::string& name) {
  CheckOptions options;
  options.subject = name;
  options.json = name == "json";
  options.verbose = name == "verbose";
  return options;
}

// Whatever else listens where the exporter should: it is healthy in its own way.
TEST(CheckCommand, TakesNoOtherHttpServerForTheExporter) {
  const std::string head = "HTTP/1.1 200 OK\r\nX-Fastcgi-Health: fine\r\n";
  const ScriptedResponder other(Where::tcp, {saying(head, "<x>\x1b[31m\nok\n")});
  CheckOptions self;
  self.ask_self = true;
  for (CheckOptions options : {about("www"), about("json"), about("verbose"), self}) {
    const Ran ran = run_at(other.address(), options);
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err,
                HasSubstr("what answers at " + other.address().text() +
                          " is not a fastcgi_exporter, or has no such page (status 200: \"<x>"));
    EXPECT_THAT(ran.err, Not(HasSubstr("\x1b")));
    options.json = false;
    options.nagios = true;
    const Ran nagios = run_at(other.address(), options);
    EXPECT_EQ(nagios.code, 3);
    EXPECT_THAT(nagios.out, StartsWith("FASTCGI UNKNOWN - what answers at"));
  }
}

TEST(CheckCommand, ShowsLittleOfALongPageOfAnotherServer) {
  const ScriptedResponder other(Where::tcp,
                                {saying("HTTP/1.1 200 OK\r\n", std::string(60'000, 'x'))});
  EXPECT_LT(run_at(other.address(), about("www")).err.size(), 1'000U);
}

TEST(CheckCommand, CleansTheTextOfWhatSaysThatItIsAnExporter) {
  const std::string sick = "HTTP/1.1 503 Service Unavailable\r\nX-Fastcgi-Exporter: stuck\r\n";
  const ScriptedResponder exporter(Where::tcp, {saying(sick, "1 loop\x1b[31m is stuck\n")});
  CheckOptions options;
  EXPECT_EQ(ask_self_at(exporter.address(), options).out, "1 loop\xef\xbf\xbd[31m is stuck\n");
  EXPECT_EQ(ask_self_at(exporter.address(), options).code, 1);
  options.nagios = true;
  EXPECT_EQ(ask_self_at(exporter.address(), options).code, 2);
}

// What the front answers for any page, before it looks for it.
TEST(CheckCommand, SaysHowToAskAnExporterThatWantsALoginOrIsAskedTooMuch) {
  for (const std::string status : {"401 Unauthorized", "429 Too Many Requests"}) {
    const ScriptedResponder exporter(Where::tcp, {saying("HTTP/1.1 " + status + "\r\n", "No.\n")});
    const Ran ran = ask_self_at(exporter.address());
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("start it with --web.unauthenticated-paths=/healthz"));
    EXPECT_EQ(run_at(exporter.address(), about("www")).err, ran.err);
  }
}

}  // namespace
}  // namespace app
