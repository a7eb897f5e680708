// What happens on a connection, each end through a real socket.
#include "net/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>
#include <string>

#include "net/drive.h"
#include "support/fastcgi_bytes.h"
#include "support/scripted_responder.h"

namespace net {
namespace {

using probe::Attempt;
using probe::End;
using probe::Phase;
using std::chrono::milliseconds;
using support::Counts;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

constexpr Where kEverywhere[] = {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name};

Attempt attempt_at(const ScriptedResponder& responder) {
  return Drive(ping_of(responder.address())).run();
}

base::Duration phase(const Attempt& attempt, Phase phase) {
  return attempt.phases[static_cast<std::size_t>(phase)];
}

void expect_exact_sum(const Attempt& attempt) {
  const base::Duration sum = std::accumulate(attempt.phases.begin(), attempt.phases.end(),
                                             -phase(attempt, Phase::resolve));
  EXPECT_EQ(sum, attempt.elapsed);
}

// 60 kB for each pair. 15 are more than a unix socket's buffer takes, 300 more than tcp's ever
// does.
ExchangeRequest long_request_to(const base::Address& address, int pairs) {
  fastcgi::Params params;
  for (int i = 0; i < pairs; ++i) {
    params.emplace_back("NAME" + std::to_string(i), std::string(60'000, 'x'));
  }
  ExchangeRequest request = ping_of(address);
  request.request = std::make_shared<const std::string>(*fastcgi::encode_request(params));
  return request;
}
constexpr int kMoreThanAnyBuffer = 300;

TEST(Exchange, BringsTheAnswerOverEveryKindOfSocket) {
  for (const Where where : kEverywhere) {
    ScriptedResponder responder(where, {{step::read_request(), step::answer_pong()}});
    const ExchangeRequest request = ping_of(responder.address());
    const Attempt attempt = Drive(request).run();
    EXPECT_EQ(attempt.end, End::answered);
    EXPECT_EQ(attempt.response.body, "pong");
    EXPECT_EQ(attempt.response.status, 200);
    EXPECT_EQ(attempt.reached, Phase::receive);
    EXPECT_EQ(attempt.address, request.addresses->front());
    EXPECT_GT(attempt.elapsed, base::Duration::zero());
    expect_exact_sum(attempt);
    EXPECT_THAT(responder.requests(), testing::ElementsAre(*request.request));
  }
}

TEST(Exchange, ClosesAtOnceWhenTheAnswerIsWhole) {
  ScriptedResponder responder(
      Where::tcp, {{step::read_request(), step::answer_pong(), step::wait_for_close()}});
  Drive drive(ping_of(responder.address()));
  drive.start();
  while (!drive.exchange().is_finished()) ASSERT_TRUE(drive.turn());
  // The exchange still lives; its socket must not.
  EXPECT_TRUE(responder.wait_for([](const Counts& c) { return c.closed_by_peer == 1; }));
}

TEST(Exchange, TakesAnAnswerThatComesByteByByte) {
  ScriptedResponder responder(
      Where::tcp, {{step::read_request(), step::drip(support::pong_answer(), milliseconds(0))}});
  const Attempt attempt = attempt_at(responder);
  EXPECT_EQ(attempt.end, End::answered);
  EXPECT_EQ(attempt.response.body, "pong");
}

TEST(Exchange, TakesAnAnswerThatComesBeforeTheRequestIsRead) {
  for (const Where where : {Where::tcp, Where::unix_path}) {
    ScriptedResponder responder(where,
                                {{step::send(support::pong_answer()), step::wait_for_close()}});
    Drive drive(long_request_to(responder.address(), kMoreThanAnyBuffer));
    const Attempt attempt = drive.run();
    EXPECT_EQ(attempt.end, End::answered);
    EXPECT_EQ(attempt.response.body, "pong");
    expect_exact_sum(attempt);
  }
}

TEST(Exchange, AnEarlyAnswerCountsAlthoughThePeerReadNothingAndClosed) {
  for (const Where where : {Where::tcp, Where::unix_path}) {
    ScriptedResponder responder(where, {{step::send(support::pong_answer()), step::close()}});
    Drive drive(long_request_to(responder.address(), kMoreThanAnyBuffer));
    drive.start();
    ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.finished == 1; }));
    EXPECT_EQ(drive.finish().end, End::answered);
  }
}

TEST(Exchange, SendsARequestThatTheSocketTakesOnlyInPieces) {
  for (const Where where : {Where::tcp, Where::unix_path}) {
    ScriptedResponder responder(where, {{step::read_request(), step::answer_pong()}});
    const ExchangeRequest request = long_request_to(responder.address(), 15);
    EXPECT_EQ(Drive(request).run().end, End::answered);
    EXPECT_TRUE(responder.requests() == std::vector{*request.request});
  }
}

TEST(Exchange, AResetAfterAWholeAnswerIsAnAnswer) {
  ScriptedResponder responder(Where::tcp,
                              {{step::read_request(), step::answer_pong(), step::reset()}});
  Drive drive(ping_of(responder.address()));
  drive.start();
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.finished == 1; }));
  const Attempt attempt = drive.finish();
  EXPECT_EQ(attempt.end, End::answered);
  EXPECT_EQ(attempt.response.body, "pong");
}

TEST(Exchange, BytesAfterTheAnswerAreIgnored) {
  ScriptedResponder responder(
      Where::unix_path, {{step::read_request(), step::send(support::pong_answer() + "garbage")}});
  EXPECT_EQ(attempt_at(responder).end, End::answered);
}

TEST(Exchange, HalfAnAnswerAndAnOrderlyClose) {
  const std::string half = support::pong_answer().substr(0, 40);
  for (const Where where : kEverywhere) {
    ScriptedResponder responder(where, {{step::read_request(), step::send(half), step::close()}});
    const Attempt attempt = attempt_at(responder);
    EXPECT_EQ(attempt.end, End::closed);
    EXPECT_EQ(attempt.error_number, 0);
    EXPECT_EQ(attempt.bytes_received, half.size());
    EXPECT_EQ(attempt.reached, Phase::receive);
    expect_exact_sum(attempt);
  }
}

TEST(Exchange, AResetWithoutAnAnswer) {
  ScriptedResponder responder(Where::tcp, {{step::read_request(), step::reset()}});
  const Attempt attempt = attempt_at(responder);
  EXPECT_EQ(attempt.end, End::closed);
  EXPECT_EQ(attempt.error_number, ECONNRESET);
  EXPECT_EQ(attempt.bytes_received, 0u);
}

// A race between their close and our send: whoever wins, it is the same end.
TEST(Exchange, APeerThatClosesBeforeItReadsHasClosed) {
  for (const Where where : {Where::tcp, Where::unix_path}) {
    ScriptedResponder responder(where, {{step::close()}});
    for (int i = 0; i < 300; ++i) {
      const Attempt attempt = attempt_at(responder);
      ASSERT_EQ(attempt.end, End::closed);
      ASSERT_EQ(attempt.bytes_received, 0u);
    }
  }
}

TEST(Exchange, APeerThatGoesWhileTheRequestIsHalfSentIsASendFailure) {
  for (const Where where : {Where::tcp, Where::unix_path}) {
    ScriptedResponder responder(where, {{step::wait_for_signal(), step::close()}});
    Drive drive(long_request_to(responder.address(), kMoreThanAnyBuffer));
    drive.start();
    drive.turn_while_ready();
    EXPECT_EQ(drive.exchange().timed_out(drive.loop().now()).reached, Phase::send);
    responder.signal();
    const Attempt attempt = drive.finish();
    EXPECT_EQ(attempt.end, End::send_failed);
    EXPECT_THAT(attempt.error_number, testing::AnyOf(EPIPE, ECONNRESET));
    EXPECT_EQ(attempt.reached, Phase::send);
  }
}

TEST(Exchange, OtherProtocolsAndGarbage) {
  for (const std::string bytes :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "\x15\x03\x01\x02", "zzzzzzzzz"}) {
    ScriptedResponder responder(Where::tcp, {{step::send(bytes), step::wait_for_close()}});
    const Attempt attempt = attempt_at(responder);
    EXPECT_EQ(attempt.end, End::malformed);
    EXPECT_EQ(attempt.progress, fastcgi::Progress::not_fastcgi);
    EXPECT_NE(attempt.problem, "");
  }
}

TEST(Exchange, AnAnswerToAnotherRequest) {
  ScriptedResponder responder(
      Where::tcp, {{step::read_request(), step::send(support::pong_answer({.request_id = 2}))}});
  const Attempt attempt = attempt_at(responder);
  EXPECT_EQ(attempt.end, End::malformed);
  EXPECT_EQ(attempt.progress, fastcgi::Progress::protocol_error);
}

TEST(Exchange, EndlessOutputEndsAndNoTurnReadsMoreThanItsShare) {
  const std::string noise(65'535, 'x');
  for (const std::string& record : {support::stdout_record(noise), support::stderr_record(noise)}) {
    ScriptedResponder responder(Where::unix_path, {{step::send_forever(record)}});
    ExchangeRequest request = ping_of(responder.address());
    request.kept_bytes = kMaxTranscriptBytes;
    Drive drive(request);
    drive.start();
    std::uint64_t before = 0;
    while (!drive.exchange().is_finished()) {
      ASSERT_TRUE(drive.turn());
      const std::uint64_t after = drive.exchange().timed_out(drive.loop().now()).bytes_received;
      ASSERT_LE(after - before, kReadBytes * kMaxReadsPerTurn);
      before = after;
    }
    EXPECT_EQ(drive.exchange().received().size(), kMaxTranscriptBytes);
    const Attempt attempt = drive.finish();
    EXPECT_EQ(attempt.end, End::malformed);
    EXPECT_EQ(attempt.progress, fastcgi::Progress::too_large);
  }
}

TEST(Exchange, ALateAnswerStillArrivesAfterTheTimeOutIsJudged) {
  ScriptedResponder responder(
      Where::unix_path, {{step::read_request(), step::wait_for_signal(), step::answer_pong()}});
  Drive drive(ping_of(responder.address()));
  drive.start();
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  const Attempt judged = drive.exchange().timed_out(drive.loop().now() + milliseconds(20));
  EXPECT_EQ(judged.end, End::timed_out);
  EXPECT_EQ(judged.reached, Phase::wait);
  EXPECT_EQ(judged.elapsed, milliseconds(20));
  EXPECT_FALSE(drive.exchange().is_finished());
  responder.signal();
  EXPECT_EQ(drive.finish().end, End::answered);
}

TEST(Exchange, ATimeOutAmidTheAnswerHasReachedReceive) {
  const std::string half = support::pong_answer().substr(0, 40);
  ScriptedResponder responder(Where::tcp,
                              {{step::read_request(), step::send(half), step::silent()}});
  Drive drive(ping_of(responder.address()));
  drive.start();
  ASSERT_TRUE(drive.turn());
  const Attempt attempt = drive.exchange().timed_out(drive.loop().now() + milliseconds(5));
  EXPECT_EQ(attempt.reached, Phase::receive);
  EXPECT_EQ(attempt.bytes_received, half.size());
  EXPECT_EQ(phase(attempt, Phase::receive), milliseconds(5));
  expect_exact_sum(attempt);
}

// Time is an argument, so the test says when things happened.
TEST(Exchange, EveryMomentBelongsToOnePhase) {
  const std::string pong = support::pong_answer();
  ScriptedResponder responder(Where::unix_path,
                              {{step::read_request(), step::send(pong.substr(0, 20)),
                                step::wait_for_signal(), step::send(pong.substr(20))}});
  ExchangeRequest request = ping_of(responder.address());
  request.resolve_time = milliseconds(3);
  const base::TimePoint begin{std::chrono::hours(1)};
  EventLoop loop;
  Exchange exchange(std::move(request), begin);
  ASSERT_EQ(exchange.start(begin + milliseconds(1)), Exchange::Start::under_way);
  ASSERT_TRUE(exchange.wait_in(loop, 1));
  ASSERT_FALSE(loop.wait(loop.now() + kLong).empty());
  ASSERT_FALSE(exchange.advance(begin + milliseconds(8)));
  responder.signal();
  ASSERT_FALSE(loop.wait(loop.now() + kLong).empty());
  ASSERT_TRUE(exchange.advance(begin + milliseconds(13)));
  const Attempt attempt = exchange.take_attempt();
  EXPECT_THAT(attempt.phases,
              testing::ElementsAre(milliseconds(3), milliseconds(0), milliseconds(0),
                                   milliseconds(7), milliseconds(5)));
  EXPECT_EQ(attempt.elapsed, milliseconds(12));
}

TEST(Exchange, KeepsTheBytesOfBothDirectionsWhenAsked) {
  ScriptedResponder responder(Where::tcp,
                              {{step::read_request(), step::send(support::pong_answer())}});
  ExchangeRequest request = ping_of(responder.address());
  Drive without(request);
  without.run();
  EXPECT_EQ(without.exchange().sent(), "");
  EXPECT_EQ(without.exchange().received(), "");
  request.kept_bytes = kMaxTranscriptBytes;
  Drive with(request);
  with.run();
  EXPECT_EQ(with.exchange().sent(), *request.request);
  EXPECT_EQ(with.exchange().received(), support::pong_answer());
}

TEST(Exchange, AdvancingAtAnyTimeDoesNoHarm) {
  ScriptedResponder responder(
      Where::tcp, {{step::read_request(), step::wait_for_signal(), step::answer_pong()}});
  Drive drive(ping_of(responder.address()));
  drive.start();
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(drive.exchange().advance(drive.loop().now()));
  responder.signal();
  while (!drive.exchange().is_finished()) ASSERT_TRUE(drive.turn());
  EXPECT_TRUE(drive.exchange().advance(drive.loop().now()));
  EXPECT_EQ(drive.finish().end, End::answered);
}

}  // namespace
}  // namespace net
