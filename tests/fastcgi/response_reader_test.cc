#include "fastcgi/response_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reading.h"
#include "support/fastcgi_bytes.h"

namespace fastcgi {
namespace {

using support::end_request;
using support::record;
using support::stderr_record;
using support::stdout_record;
using testing::HasSubstr;

const std::string kHeaders = "Content-type: text/plain\r\n\r\n";

// Reads the bytes whole, byte by byte and cut at every position, which must all mean the same.
Reading read(std::string_view bytes, std::uint16_t request_id = kRequestId) {
  const Reading whole = read_whole(bytes, request_id);
  EXPECT_EQ(read_in_pieces(bytes, 1, request_id), whole);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(read_cut_at(bytes, cut, request_id).reading, whole) << "cut at " << cut;
  }
  return whole;
}

Progress progress(std::string_view bytes) {
  return read(bytes).progress;
}

// With padding of any bytes but zeros: nobody may look at it.
std::string padded(std::string bytes, std::uint8_t padding) {
  bytes[6] = static_cast<char>(padding);
  return bytes.append(padding, '\xff');
}

TEST(ResponseReader, SplitsAnAnswerIntoItsParts) {
  const Reading reading = read(stdout_record("Status: 201 Made\r\nX: 1\r\n\r\npong") +
                               stderr_record("oops") + end_request({.app_status = 3}));
  EXPECT_EQ(reading.progress, Progress::complete);
  EXPECT_EQ(reading.response.request_id, kRequestId);
  EXPECT_EQ(reading.response.status, 201);
  EXPECT_EQ(reading.response.body, "pong");
  EXPECT_EQ(reading.response.stderr_text, "oops");
  EXPECT_EQ(reading.response.stderr_bytes, 4U);
  EXPECT_EQ(reading.response.app_status, 3U);
  EXPECT_EQ(reading.response.protocol_status, ProtocolStatus::request_complete);
  EXPECT_EQ(reading.problem, "");
}

TEST(ResponseReader, JoinsStreamsThatInterleaveInAnyOrder) {
  const Reading reading =
      read(stderr_record("a") + stdout_record(kHeaders.substr(0, 5)) + stderr_record("b") +
           stdout_record(kHeaders.substr(5) + "po") + stdout_record("ng") + stdout_record("") +
           stderr_record("c") + stderr_record("") + end_request());
  EXPECT_EQ(reading.progress, Progress::complete);
  EXPECT_EQ(reading.response.body, "pong");
  EXPECT_EQ(reading.response.stderr_text, "abc");
}

TEST(ResponseReader, NeedsNoStreamEndAndNoOutput) {
  EXPECT_EQ(progress(end_request()), Progress::complete);
  EXPECT_EQ(read(stdout_record("") + end_request()).response.status, 200);
}

TEST(ResponseReader, SkipsEveryLengthOfPadding) {
  for (const auto bytes : std::initializer_list<std::uint8_t>{1, 7, 8, 254, 255}) {
    const Reading reading = read(padded(stdout_record(kHeaders + "pong"), bytes) +
                                 padded(stdout_record(""), bytes) + padded(end_request(), bytes));
    EXPECT_EQ(reading.progress, Progress::complete);
    EXPECT_EQ(reading.response.body, "pong");
  }
}

TEST(ResponseReader, IsCompleteOnlyAfterThePaddingOfEndRequest) {
  const std::string answer = padded(end_request(), 3);
  EXPECT_EQ(progress(answer.substr(0, answer.size() - 1)), Progress::need_more);
  EXPECT_EQ(progress(answer), Progress::complete);
}

TEST(ResponseReader, SkipsUnknownTypesAndManagementRecords) {
  const std::string skipped = record(10,
                                     "\x0f\x01"
                                     "FCGI_MPXS_CONNS0",
                                     {.request_id = 0}) +
                              record(11, std::string(8, '\1'), {.request_id = 0}) +
                              record(99, "what?") + record(0, "") + record(255, "x");
  EXPECT_EQ(progress(skipped), Progress::need_more);
  const Reading reading =
      read(skipped + stdout_record(kHeaders + "pong") + skipped + end_request());
  EXPECT_EQ(reading.progress, Progress::complete);
  EXPECT_EQ(reading.response.body, "pong");
}

TEST(ResponseReader, RefusesARecordForAnotherRequest) {
  for (const auto id : std::initializer_list<std::uint16_t>{0, 2, 256, 65535}) {
    for (const std::string& bytes :
         {stdout_record("x", {.request_id = id}), stdout_record("", {.request_id = id}),
          stderr_record("x", {.request_id = id}), end_request({}, {.request_id = id})}) {
      const Reading reading = read(bytes + end_request());
      EXPECT_EQ(reading.progress, Progress::protocol_error);
      EXPECT_EQ(reading.problem,
                "a record for request id " + std::to_string(id) + " came, but only id 1 was asked");
    }
  }
  EXPECT_EQ(progress(record(99, "x", {.request_id = 2})), Progress::protocol_error);
}

TEST(ResponseReader, OverlooksThatAnotherRequestWasRefused) {
  const std::string refusal =
      end_request({.protocol_status = support::kCantMultiplex}, {.request_id = 2});
  EXPECT_EQ(progress(refusal), Progress::need_more);
  EXPECT_EQ(read(refusal + stdout_record(kHeaders + "pong") + end_request()).response.body, "pong");
}

TEST(ResponseReader, ReadsAnyRequestId) {
  for (const auto id : std::initializer_list<std::uint16_t>{0, 7, 258, 65535}) {
    const Reading reading =
        read(stdout_record(kHeaders, {.request_id = id}) + end_request({}, {.request_id = id}), id);
    EXPECT_EQ(reading.progress, Progress::complete);
    EXPECT_EQ(reading.response.request_id, id);
  }
}

TEST(ResponseReader, RefusesRecordsThatOnlyClientsSend) {
  for (const auto type : std::initializer_list<std::uint8_t>{1, 2, 4, 5, 8}) {
    const Reading reading = read(record(type, std::string(8, '\0')));
    EXPECT_EQ(reading.progress, Progress::protocol_error);
    EXPECT_THAT(reading.problem, HasSubstr("is this an echo?"));
  }
}

TEST(ResponseReader, KeepsAllFourBytesOfTheAppStatus) {
  EXPECT_EQ(read(end_request({.app_status = 0xfedcba98})).response.app_status, 0xfedcba98U);
}

TEST(ResponseReader, KnowsTheFourProtocolStatuses) {
  for (const auto status : std::initializer_list<std::uint8_t>{0, 1, 2, 3}) {
    const Reading reading = read(end_request({.protocol_status = status}));
    EXPECT_EQ(reading.progress, Progress::complete);
    EXPECT_EQ(reading.response.protocol_status, ProtocolStatus{status});
  }
  for (const auto status : std::initializer_list<std::uint8_t>{4, 255}) {
    const Reading reading = read(end_request({.protocol_status = status}));
    EXPECT_EQ(reading.progress, Progress::protocol_error);
    EXPECT_EQ(reading.problem, "END_REQUEST has protocol status " + std::to_string(status) +
                                   ", which FastCGI 1.0 does not know");
  }
}

TEST(ResponseReader, LetsARefusalStandWhateverTheOutputLooksLike) {
  const Reading reading =
      read(stdout_record("no headers") + end_request({.protocol_status = support::kOverloaded}));
  EXPECT_EQ(reading.progress, Progress::complete);
  EXPECT_EQ(reading.response.protocol_status, ProtocolStatus::overloaded);
  EXPECT_EQ(reading.response.body, "no headers");
}

TEST(ResponseReader, IgnoresTheReservedBytesOfEndRequest) {
  std::string end = end_request();
  end.replace(end.size() - 3, 3, "0:0");
  EXPECT_EQ(read(end), read(end_request()));
  std::string reserved_header_byte = end_request();
  reserved_header_byte[7] = '\x7f';
  EXPECT_EQ(read(reserved_header_byte), read(end_request()));
}

TEST(ResponseReader, RefusesAShortEndRequestAndIgnoresTheRestOfALongOne) {
  const Reading reading = read(record(3, std::string(7, '\0')));
  EXPECT_EQ(reading.progress, Progress::protocol_error);
  EXPECT_EQ(reading.problem, "END_REQUEST holds 7 bytes instead of 8");
  EXPECT_EQ(progress(record(3, "")), Progress::protocol_error);
  EXPECT_EQ(read(record(3, std::string(8, '\0') + "more")), read(end_request()));
}

TEST(ResponseReader, NamesTheProtocolThatIsSpokenInstead) {
  const struct {
    std::string bytes;
    std::string problem;
  } cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP server answers at this address"},
      {"<html>", "an HTTP server answers at this address"},
      {std::string("\x15\x03\x01\x00\x02\x02\x28", 7), "a TLS server answers at this address"},
      {std::string("\x16\x03\x03\x00", 4), "a TLS server answers at this address"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server answers at this address"},
      {"220 mail ESMTP\r\n", "an SMTP or FTP server answers at this address"},
      {"-ERR unknown command\r\n", "a Redis server answers at this address"},
      {std::string(1, '\0'), "the answer begins with byte 0, where FastCGI has its version, 1"},
      {"\x02", "the answer begins with byte 2, where FastCGI has its version, 1"},
      {"HELO", "the answer begins with byte 72, where FastCGI has its version, 1"},
      {"\xff", "the answer begins with byte 255, where FastCGI has its version, 1"},
  };
  for (const auto& [bytes, problem] : cases) {
    const Reading reading = read(bytes);
    EXPECT_EQ(reading.progress, Progress::not_fastcgi) << bytes;
    EXPECT_EQ(reading.problem, problem);
  }
}

TEST(ResponseReader, WaitsWhileAGreetingMayStillBecomeKnown) {
  for (const char* bytes : {"", "H", "HTTP", "22", "SSH", "\x15"}) {
    EXPECT_EQ(progress(bytes), Progress::need_more) << bytes;
  }
}

TEST(ResponseReader, CallsAnotherVersionLaterOnAProtocolError) {
  std::string second = end_request();
  second[0] = '\x02';
  const Reading reading = read(stdout_record(kHeaders) + second);
  EXPECT_EQ(reading.progress, Progress::protocol_error);
  EXPECT_EQ(reading.problem, "a later record is of version 2 instead of 1");
}

TEST(ResponseReader, RefusesOutputThatIsNoCgiAnswer) {
  EXPECT_EQ(read(stdout_record("pong") + end_request()).problem,
            "the output has no blank line that ends its headers within 65536 bytes");
  EXPECT_EQ(read(stdout_record("Status: OK\r\n\r\n") + end_request()).problem,
            "the Status header is not a number of three digits");
}

TEST(ResponseReader, SaysTheSameForEver) {
  ResponseReader done;
  EXPECT_EQ(done.feed(support::pong_answer()), Progress::complete);
  EXPECT_EQ(done.feed("\x02garbage"), Progress::complete);
  EXPECT_EQ(done.feed(stdout_record("more")), Progress::complete);
  EXPECT_EQ(done.response().body, "pong");
  EXPECT_EQ(done.bytes_fed(), support::pong_answer().size() + 8 + 12);

  ResponseReader failed;
  EXPECT_EQ(failed.feed("?"), Progress::not_fastcgi);
  EXPECT_EQ(failed.feed(support::pong_answer()), Progress::not_fastcgi);
}

TEST(ResponseReader, ShowsWhatCameBeforeTheEnd) {
  ResponseReader reader;
  EXPECT_EQ(reader.feed(stderr_record("why") + stdout_record("half")), Progress::need_more);
  EXPECT_EQ(reader.response().stderr_text, "why");
  EXPECT_EQ(reader.response().body, "half");
  EXPECT_EQ(std::move(reader).take_response().body, "half");
}

// Bounds. Cut only into pieces: at every position these would take minutes.

std::string output_of(std::size_t bytes) {
  std::string records;
  std::string content = kHeaders + std::string(bytes - kHeaders.size(), 'x');
  for (std::size_t at = 0; at < content.size(); at += 60000) {
    records += stdout_record(content.substr(at, 60000));
  }
  return records + end_request();
}

Reading read_large(std::string_view bytes) {
  const Reading whole = read_whole(bytes);
  EXPECT_EQ(read_in_pieces(bytes, 4093), whole);
  return whole;
}

TEST(ResponseReaderBounds, TakesAnAnswerUpToItsLimit) {
  EXPECT_EQ(read_large(output_of(kMaxAnswerBytes)).response.body.size(),
            kMaxAnswerBytes - kHeaders.size());
  const Reading reading = read_large(output_of(kMaxAnswerBytes + 1));
  EXPECT_EQ(reading.progress, Progress::too_large);
  EXPECT_EQ(reading.problem, "STDOUT holds more than 1048576 bytes");
  EXPECT_LE(reading.response.body.size(), kMaxAnswerBytes);
}

TEST(ResponseReaderBounds, KeepsLittleOfALongStderrAndCountsAll) {
  std::string records;
  for (int i = 0; i < 3; ++i)
    records += stderr_record(std::string(3000, static_cast<char>('a' + i)));
  const Reading reading = read_large(records + end_request());
  EXPECT_EQ(reading.progress, Progress::complete);
  EXPECT_EQ(reading.response.stderr_bytes, 9000U);
  EXPECT_EQ(reading.response.stderr_text,
            std::string(3000, 'a') + std::string(kMaxStderrKeptBytes - 3000, 'b'));
}

// Feeds the record again and again; the reader must end it, and hold no more than it may keep.
void expect_bounded(const std::string& endless) {
  ResponseReader reader;
  Progress progress = Progress::need_more;
  std::size_t fed = 0;
  for (; progress == Progress::need_more && fed <= 2 * kMaxWireBytes; fed += endless.size()) {
    progress = reader.feed(endless);
  }
  EXPECT_EQ(progress, Progress::too_large);
  EXPECT_LE(fed, kMaxWireBytes + endless.size());
  EXPECT_LE(reader.response().body.capacity(), 2 * kMaxAnswerBytes);
  EXPECT_LE(reader.response().stderr_text.capacity(), 2 * kMaxStderrKeptBytes);
}

TEST(ResponseReaderBounds, EndsEveryEndlessAnswer) {
  expect_bounded(stderr_record(std::string(65535, 'e')));
  expect_bounded(stdout_record(std::string(65535, 'o')));
  expect_bounded(padded(stdout_record(""), 255));
  expect_bounded(record(99, std::string(65535, '?')));
  expect_bounded(record(10, "", {.request_id = 0}));
}

TEST(ResponseReaderBounds, TakesAnAnswerThatEndsWithTheLastByteAllowed) {
  std::string wire;
  while (wire.size() < kMaxWireBytes - 100000) wire += stderr_record(std::string(60000, 'e'));
  const std::size_t left = kMaxWireBytes - wire.size() - end_request().size();
  const std::string one = record(99, std::string(left / 2 - 8, 'u'));
  const std::string other = record(99, std::string(left - left / 2 - 8, 'u'));
  EXPECT_EQ(read_large(wire + one + other + end_request()).progress, Progress::complete);
  const Reading reading = read_large(wire + one + other + padded(end_request(), 1));
  EXPECT_EQ(reading.progress, Progress::too_large);
  EXPECT_EQ(reading.problem, "no END_REQUEST came within 8388608 bytes of records");
}

}  // namespace
}  // namespace fastcgi
