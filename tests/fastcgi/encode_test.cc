#include "fastcgi/encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <vector>

namespace fastcgi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kMaxParamsContentBytes = 65528;  // the promise, not the encoder's constant

// "01 0a" as two bytes; blanks are for the eye.
std::string bytes(std::string_view hex) {
  std::string out;
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

std::string encoded(const Params& params, std::uint16_t request_id = kRequestId) {
  const auto request = encode_request(params, request_id);
  return request ? *request : request.error();
}

const std::string kBegin = bytes("01 01 0001 0008 00 00  0001 00 0000000000");
const std::string kEnd = bytes("01 04 0001 0000 00 00  01 05 0001 0000 00 00");

// The content lengths of the PARAMS records of a request, the empty one included.
std::vector<std::size_t> params_lengths(std::string_view request) {
  std::vector<std::size_t> lengths;
  while (request.size() >= 8) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(request[i]); };
    const std::size_t content = std::size_t{byte(4)} << 8U | byte(5);
    EXPECT_EQ(byte(6), 0) << "padding";
    if (byte(1) == 4) lengths.push_back(content);
    request.remove_prefix(std::min(8 + content, request.size()));
  }
  EXPECT_TRUE(request.empty());
  return lengths;
}

TEST(EncodeRequest, WithoutParamsIsBeginAndTwoStreamEnds) {
  EXPECT_EQ(encoded({}), kBegin + kEnd);
}

TEST(EncodeRequest, PutsTheRequestIdIntoEveryRecord) {
  EXPECT_EQ(encoded({}, 0x0102), bytes("01 01 0102 0008 00 00  0001 00 0000000000"
                                       "01 04 0102 0000 00 00  01 05 0102 0000 00 00"));
}

TEST(EncodeRequest, WritesPairsAsLengthsThenTexts) {
  EXPECT_EQ(encoded({{"SCRIPT_NAME", "/ping"}, {"EMPTY", ""}, {"", ""}}),
            kBegin +
                bytes("01 04 0001 001b 00 00"
                      "0b 05 53 43 52 49 50 54 5f 4e 41 4d 45  2f 70 69 6e 67"
                      "05 00 45 4d 50 54 59"
                      "00 00") +
                kEnd);
}

TEST(EncodeRequest, EqualsTheRecordedMinimalPing) {
  std::ifstream in(TEST_DATA_DIR "/captures/fpm82-min-ping-recommended.request.bin",
                   std::ios::binary);
  const std::string recorded{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(
      encoded({{"SCRIPT_FILENAME", "/ping"}, {"SCRIPT_NAME", "/ping"}, {"REQUEST_METHOD", "GET"}}),
      recorded);
}

TEST(EncodeRequest, UsesFourLengthBytesFrom128On) {
  const std::string at_border(127, 'x');
  const std::string beyond(128, 'x');
  EXPECT_EQ(encoded({{at_border, at_border}}),
            kBegin + bytes("01 04 0001 0100 00 00  7f 7f") + at_border + at_border + kEnd);
  EXPECT_EQ(encoded({{"N", beyond}}),
            kBegin + bytes("01 04 0001 0086 00 00  01 80 00 00 80") + "N" + beyond + kEnd);
  EXPECT_EQ(encoded({{beyond, "v"}}),
            kBegin + bytes("01 04 0001 0086 00 00  80 00 00 80 01") + beyond + "v" + kEnd);
}

TEST(EncodeRequest, WritesAllFourLengthBytes) {
  const std::string value(0x0102, 'v');
  EXPECT_EQ(encoded({{"N", value}}),
            kBegin + bytes("01 04 0001 0108 00 00  01 80 00 01 02") + "N" + value + kEnd);
}

TEST(EncodeRequest, SplitsParamsBetweenPairs) {
  const std::string half(kMaxParamsContentBytes / 2 - 6, 'x');  // with its lengths and "N": a half
  EXPECT_THAT(params_lengths(encoded({{"N", half}, {"N", half}})),
              ElementsAre(kMaxParamsContentBytes, 0));
  EXPECT_THAT(params_lengths(encoded({{"N", half}, {"N", half + "x"}})),
              ElementsAre(kMaxParamsContentBytes / 2, kMaxParamsContentBytes / 2 + 1, 0));
  EXPECT_THAT(params_lengths(encoded({{"N", half}, {"N", half}, {"", ""}})),
              ElementsAre(kMaxParamsContentBytes, 2, 0));
}

TEST(EncodeRequest, KeepsTheOrderOfPairsOverRecords) {
  const std::string big(40000, 'x');
  const std::string request = encoded({{"A", big}, {"B", big}, {"C", "c"}});
  EXPECT_THAT(params_lengths(request), ElementsAre(40006, 40006 + 4, 0));
  EXPECT_LT(request.find("A" + big), request.find("B" + big + bytes("01 01") + "Cc"));
}

TEST(EncodeRequest, RefusesAPairThatFitsNoRecord) {
  const std::string fits(kMaxParamsContentBytes - 6, 'x');
  EXPECT_THAT(params_lengths(encoded({{"N", fits}})), ElementsAre(kMaxParamsContentBytes, 0));
  const auto request = encode_request({{"N", fits + "x"}});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error(),
            "FastCGI parameter N takes 65529 bytes, but a record holds 65528: shorten its value");
}

TEST(EncodeRequest, ShowsNoRawOrEndlessNameInAnError) {
  const auto request = encode_request({{"evil\n" + std::string(70000, 'n'), "v"}});
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error(), testing::Not(HasSubstr("\n")));
  EXPECT_LT(request.error().size(), 300U);
}

}  // namespace
}  // namespace fastcgi
