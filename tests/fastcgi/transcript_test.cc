#include "fastcgi/transcript.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fastcgi/encode.h"
#include "support/fastcgi_bytes.h"

namespace fastcgi {
namespace {

using support::end_request;
using support::record;
using support::stdout_record;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string line(std::string_view bytes) {
  const auto lines = describe_records(bytes);
  return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " lines";
}

TEST(Transcript, ShowsARequestRecordByRecord) {
  const auto request =
      encode_request({{"SCRIPT_NAME", "/ping"}, {"QUERY_STRING", ""}, {"REQUEST_METHOD", "GET"}});
  EXPECT_THAT(describe_records(*request),
              ElementsAre("BEGIN_REQUEST id=1 length=8 padding=0 role=responder keep_conn=0",
                          "PARAMS id=1 length=51 padding=0 SCRIPT_NAME=/ping QUERY_STRING= "
                          "REQUEST_METHOD=GET",
                          "PARAMS id=1 length=0 padding=0", "STDIN id=1 length=0 padding=0"));
}

TEST(Transcript, ShowsAnAnswerRecordByRecord) {
  EXPECT_THAT(
      describe_records(support::stderr_record("Primary script unknown", {.padding = 2}) +
                       stdout_record("A: \"1\"\r\n\r\npong") +
                       end_request({.app_status = 7, .protocol_status = support::kOverloaded},
                                   {.request_id = 258})),
      ElementsAre(R"(STDERR id=1 length=22 padding=2 "Primary script unknown")",
                  R"(STDOUT id=1 length=14 padding=0 "A: \"1\"\r\n\r\npong")",
                  "END_REQUEST id=258 length=8 padding=0 app_status=7 protocol_status=overloaded"));
}

TEST(Transcript, NamesEveryRecordType) {
  const char* const names[] = {"TYPE_0",
                               "BEGIN_REQUEST",
                               "ABORT_REQUEST",
                               "END_REQUEST",
                               "PARAMS",
                               "STDIN",
                               "STDOUT",
                               "STDERR",
                               "DATA",
                               "GET_VALUES",
                               "GET_VALUES_RESULT",
                               "UNKNOWN_TYPE",
                               "TYPE_12"};
  for (std::uint8_t type = 0; type < std::size(names); ++type) {
    EXPECT_THAT(line(record(type, "")), testing::StartsWith(std::string(names[type]) + " id=1 "));
  }
}

TEST(Transcript, NamesEveryProtocolStatus) {
  const char* const names[] = {"request_complete", "cannot_multiplex", "overloaded", "unknown_role",
                               "4"};
  for (std::uint8_t status = 0; status < std::size(names); ++status) {
    EXPECT_THAT(line(end_request({.protocol_status = status})),
                testing::EndsWith(std::string("protocol_status=") + names[status]));
  }
}

TEST(Transcript, HidesSecrets) {
  const auto request = encode_request({{"HTTP_AUTHORIZATION", "hunter2"},
                                       {"HTTP_COOKIE", "hunter2"},
                                       {"PHP_VALUE", "hunter2"},
                                       {"PHP_ADMIN_VALUE", "hunter2"},
                                       {"DB_PASSWORD", "hunter2"},
                                       {"x_api_key", std::string(300, '2')},
                                       {"SCRIPT_NAME", "/ping"}});
  const auto lines = describe_records(*request);
  EXPECT_THAT(lines, Each(Not(HasSubstr("hunter2"))));
  EXPECT_THAT(lines[1],
              HasSubstr("HTTP_AUTHORIZATION=<secret> HTTP_COOKIE=<secret> PHP_VALUE=<secret> "
                        "PHP_ADMIN_VALUE=<secret> DB_PASSWORD=<secret> x_api_key=<secret> "
                        "SCRIPT_NAME=/ping"));
}

TEST(Transcript, HidesSecretsOfAnUnfinishedRequestToo) {
  const auto request = encode_request({{"A", "1"}, {"HTTP_COOKIE", "hunter2hunter2"}});
  for (std::size_t cut = 0; cut < request->size(); ++cut) {
    EXPECT_THAT(describe_records(std::string_view(*request).substr(0, cut)),
                Each(Not(HasSubstr("hunter"))))
        << cut;
  }
}

TEST(Transcript, ShowsNoControlCharacterOfAPeer) {
  std::string hostile;
  for (int byte = 0; byte < 256; ++byte) hostile += static_cast<char>(byte);
  hostile += "\xe2\x80\xae\xc2\x85\xed\xa0\x80";  // right-to-left override, NEL, half a surrogate
  std::string pair = std::string("\x01\x7f", 2) + "N" + hostile.substr(0, 127);
  for (const std::string& bytes : {stdout_record(hostile), support::stderr_record(hostile),
                                   record(4, pair), record(99, hostile), hostile}) {
    const std::string text = line(bytes);
    EXPECT_THAT(text, Not(testing::ContainsRegex("[\x01-\x1f\x7f]")));
    EXPECT_THAT(text, Not(HasSubstr(std::string(1, '\0'))));
    EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x85")));
  }
}

TEST(Transcript, ShowsLittleOfALongRecord) {
  EXPECT_THAT(line(stdout_record(std::string(60000, 'x'))),
              std::string("STDOUT id=1 length=60000 padding=0 \"") +
                  std::string(kMaxTranscriptContentBytes, 'x') + "\"...");
  EXPECT_LE(line(stdout_record(std::string(60000, '\xff'))).size(),
            3 * kMaxTranscriptContentBytes + 100);
  Params many(1000, {"NAME", "value"});
  const auto lines = describe_records(*encode_request(many));
  EXPECT_LE(lines[1].size(), kMaxTranscriptContentBytes + 100);
  EXPECT_THAT(lines[1], testing::EndsWith(" ..."));
  EXPECT_LE(describe_records(*encode_request({{std::string(9000, 'n'), std::string(9000, 'v')}}))[1]
                .size(),
            2 * kMaxTranscriptContentBytes + 100);
}

TEST(Transcript, ShowsLittleOfALongStream) {
  std::string stream;
  for (int i = 0; i < 1000; ++i) stream += stdout_record("x");
  const auto lines = describe_records(stream);
  EXPECT_THAT(lines, SizeIs(kMaxTranscriptLines));
  EXPECT_EQ(lines.back(), "(" + std::to_string((1000 - 63) * 9) + " more bytes are not shown)");
}

TEST(Transcript, SaysWhatIsNoWholeRecord) {
  EXPECT_THAT(describe_records(""), testing::IsEmpty());
  EXPECT_EQ(line("HTTP/1.1 400 Bad\r\n"),
            R"((18 bytes that are no whole record: "HTTP/1.1 400 Bad\r\n"))");
  EXPECT_THAT(line(end_request().substr(0, 7)), HasSubstr("(7 bytes that are no whole record"));
  EXPECT_EQ(line(stdout_record("pong", {.padding = 4}).substr(0, 10)),
            R"(STDOUT id=1 length=4 padding=4 "po" (incomplete: 6 bytes missing))");
  EXPECT_EQ(line(end_request().substr(0, 15)),
            "END_REQUEST id=1 length=8 padding=0 (too short) (incomplete: 1 bytes missing)");
  EXPECT_EQ(line(record(4,
                        "\x05\x01"
                        "A")),
            "PARAMS id=1 length=3 padding=0 (a pair is cut off)");
  EXPECT_EQ(line(record(4,
                        "\x03\x04"
                        "ABCd")),
            "PARAMS id=1 length=6 padding=0 (a pair is cut off)");
  EXPECT_EQ(line(record(4, "\x80")), "PARAMS id=1 length=1 padding=0 (a pair is cut off)");
  EXPECT_EQ(line(record(4, "\xff\xff\xff\xff\xff\xff\xff\xff")),
            "PARAMS id=1 length=8 padding=0 (a pair is cut off)");
  EXPECT_EQ(line(record(1, "")), "BEGIN_REQUEST id=1 length=0 padding=0 (too short)");
}

}  // namespace
}  // namespace fastcgi
