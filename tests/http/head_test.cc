#include "http/head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace http {
namespace {

struct Outcome {
  Progress progress = Progress::need_more;
  int status = 0;
  std::size_t used = 0;
  Head head;
};

Outcome outcome_of(HeadReader& reader, Progress progress) {
  Outcome outcome;
  outcome.progress = progress;
  outcome.status = reader.refusal().status;
  if (progress == Progress::complete) {
    outcome.used = reader.head_bytes();
    outcome.head = reader.head();
  }
  return outcome;
}

Outcome read_whole(const std::string& bytes) {
  HeadReader reader{HeadLimits{}};
  return outcome_of(reader, reader.read(bytes));
}

// One byte more at each call, as a slow client sends.
Outcome read_bytewise(const std::string& bytes) {
  HeadReader reader{HeadLimits{}};
  for (std::size_t i = 1; i <= bytes.size(); ++i) {
    const Progress progress = reader.read(std::string_view(bytes).substr(0, i));
    if (progress != Progress::need_more) return outcome_of(reader, progress);
  }
  return outcome_of(reader, Progress::need_more);
}

// A request of these header lines, with a Host.
std::string with(const std::string& lines, const std::string& request_line = "GET / HTTP/1.1") {
  return request_line + "\r\nHost: a\r\n" + lines + "\r\n";
}

Head accepted(const std::string& bytes) {
  const Outcome outcome = read_whole(bytes);
  EXPECT_EQ(outcome.progress, Progress::complete) << bytes << " refused: " << outcome.status;
  EXPECT_EQ(outcome.used, bytes.size());
  const Outcome bytewise = read_bytewise(bytes);
  EXPECT_EQ(bytewise.progress, Progress::complete);
  EXPECT_EQ(bytewise.head.request.path, outcome.head.request.path);
  return outcome.head;
}

TEST(HeadReader, TakesWhatWeUseOutOfARequest) {
  const Head head = accepted(
      "GET /fcgi-ping/www?verbose&a=b HTTP/1.1\r\nHost: exporter:9253\r\nUser-Agent: x\r\n"
      "ACCEPT: text/plain\r\naccept-encoding:gzip \r\nAuthorization: Basic eDp5\r\n"
      "X-Prometheus-Scrape-Timeout-Seconds:\t9.5\r\n\r\n");
  EXPECT_EQ(head.request.method, Method::get);
  EXPECT_EQ(head.request.path, "/fcgi-ping/www");
  EXPECT_EQ(head.request.query, "verbose&a=b");
  EXPECT_EQ(head.request.accept, "text/plain");
  EXPECT_EQ(head.request.accept_encoding, "gzip");
  EXPECT_EQ(head.request.authorization, "Basic eDp5");
  EXPECT_EQ(head.request.scrape_timeout, "9.5");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.is_http_1_0);
  EXPECT_EQ(head.body_bytes, 0U);
}

TEST(HeadReader, JoinsListsThatCameInSeveralHeaders) {
  const Head head = accepted(with("Accept: text/plain\r\nAccept: text/html;q=0.5\r\n"));
  EXPECT_EQ(head.request.accept, "text/plain, text/html;q=0.5");
}

TEST(HeadReader, KnowsItsMethodsByTheirExactNames) {
  EXPECT_EQ(accepted(with("", "HEAD / HTTP/1.1")).request.method, Method::head);
  EXPECT_EQ(accepted(with("", "POST / HTTP/1.1")).request.method, Method::post);
  for (const char* line : {"get / HTTP/1.1", "DELETE / HTTP/1.1", "OPTIONS * HTTP/1.1",
                           "TRACE / HTTP/1.1", "GETX / HTTP/1.1"}) {
    EXPECT_EQ(accepted(with("", line)).request.method, Method::other) << line;
  }
}

TEST(HeadReader, StopsAtTheEndOfTheHead) {
  const std::string first = with("");
  const Outcome outcome = read_whole(first + "GET /next HTTP/1.1\r\n");
  EXPECT_EQ(outcome.progress, Progress::complete);
  EXPECT_EQ(outcome.used, first.size());
}

TEST(HeadReader, NeedsMoreAtEveryCut) {
  const std::string whole = "\r\nPOST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(read_whole(whole.substr(0, cut)).progress, Progress::need_more) << cut;
  }
  EXPECT_EQ(accepted(whole).body_bytes, 3U);
}

struct KeepAliveCase {
  const char* version;
  const char* headers;
  bool want;
};

TEST(HeadReader, DecidesKeepAliveAsTheStandardSays) {
  for (const KeepAliveCase& c : {
           KeepAliveCase{"1.1", "", true},
           KeepAliveCase{"1.1", "Connection: close\r\n", false},
           KeepAliveCase{"1.1", "Connection: Close\r\n", false},
           KeepAliveCase{"1.1", "connection: close, TE\r\n", false},
           KeepAliveCase{"1.1", "Connection: TE ,\tCLOSE\r\n", false},
           KeepAliveCase{"1.1", "Connection: TE\r\nConnection: close\r\n", false},
           KeepAliveCase{"1.1", "Connection: closed\r\n", true},
           KeepAliveCase{"1.1", "Connection:\r\n", true},
           KeepAliveCase{"1.0", "", false},
           KeepAliveCase{"1.0", "Connection: keep-alive\r\n", true},
           KeepAliveCase{"1.0", "Connection: Keep-Alive\r\n", true},
           KeepAliveCase{"1.0", "Connection: keep-alive, close\r\n", false},
           KeepAliveCase{"1.2", "", true},
       }) {
    const Head head = accepted(with(c.headers, std::string("GET / HTTP/") + c.version));
    EXPECT_EQ(head.keep_alive, c.want) << c.version << ' ' << c.headers;
  }
}

TEST(HeadReader, AcceptsWhatLooksOddAndIsAllowed) {
  accepted("GET / HTTP/1.0\r\n\r\n");  // no Host before 1.1
  accepted("GET / HTTP/1.1\r\nHost:\r\n\r\n");
  accepted("GET / HTTP/1.1\r\nHost: [::1]:9253\r\n\r\n");
  accepted(with("X-Empty:\r\nX-Latin: caf\xe9\r\nX-Tab: a\tb\r\n"));
  accepted(with("Content-Length: 0\r\n"));
  accepted(with("Upgrade: h2c\r\n"));
  EXPECT_EQ(accepted(with("", "GET http://proxy.example/health?x HTTP/1.1")).request.path,
            "/health");
}

TEST(HeadReader, LeavesABodyUnreadThatNoRouteCanWant) {
  const Head head = accepted(with("Content-Length: 900000\r\n", "PUT / HTTP/1.1"));
  EXPECT_TRUE(head.ends_unread);
  EXPECT_EQ(head.body_bytes, 0U);
}

TEST(HeadReader, ExpectsContinueOnlyFromClientsThatKnowIt) {
  const std::string lines = "Content-Length: 3\r\nExpect: 100-Continue\r\n";
  EXPECT_TRUE(accepted(with(lines, "POST / HTTP/1.1")).expects_continue);
  EXPECT_FALSE(accepted(with(lines, "POST / HTTP/1.0")).expects_continue);
}

struct RefusedCase {
  const char* name;
  int status;
  std::string bytes;
};

class Refused : public testing::TestWithParam<RefusedCase> {};

TEST_P(Refused, WholeAndByteByByte) {
  const RefusedCase& c = GetParam();
  EXPECT_EQ(read_whole(c.bytes).status, c.status);
  EXPECT_EQ(read_bytewise(c.bytes).status, c.status);
}

std::string post_with(const std::string& lines) {
  return with(lines, "POST / HTTP/1.1");
}

std::string name_of(const testing::TestParamInfo<RefusedCase>& param_info) {
  return param_info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Headers, Refused,
    testing::Values(
        RefusedCase{"both_lengths", 400,
                    post_with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
        RefusedCase{"both_lengths_other_order", 400,
                    post_with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
        RefusedCase{"two_content_lengths", 400,
                    post_with("Content-Length: 3\r\nContent-Length: 4\r\n")},
        RefusedCase{"the_same_content_length_twice", 400,
                    post_with("Content-Length: 3\r\nContent-Length: 3\r\n")},
        RefusedCase{"content_length_list", 400, post_with("Content-Length: 3, 3\r\n")},
        RefusedCase{"content_length_sign", 400, post_with("Content-Length: +3\r\n")},
        RefusedCase{"content_length_negative", 400, post_with("Content-Length: -2\r\n")},
        RefusedCase{"content_length_hex", 400, post_with("Content-Length: 0x3\r\n")},
        RefusedCase{"content_length_empty", 400, post_with("Content-Length:\r\n")},
        RefusedCase{"content_length_overflow", 400,
                    post_with("Content-Length: 18446744073709551616\r\n")},
        RefusedCase{"body_too_large", 413, post_with("Content-Length: 4097\r\n")},
        RefusedCase{"chunked", 411, post_with("Transfer-Encoding: chunked\r\n")},
        RefusedCase{"chunked_get", 411, with("Transfer-Encoding: chunked\r\n")},
        RefusedCase{"chunked_twice", 400,
                    post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        RefusedCase{"unknown_encoding", 501, post_with("Transfer-Encoding: xchunked\r\n")},
        RefusedCase{"gzip_chunked", 501, post_with("Transfer-Encoding: gzip, chunked\r\n")},
        RefusedCase{"chunked_1_0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        RefusedCase{"space_before_colon", 400, post_with("Content-Length : 3\r\n")},
        RefusedCase{"tab_before_colon", 400, post_with("Transfer-Encoding\t: chunked\r\n")},
        RefusedCase{"no_name", 400, with(": value\r\n")},
        RefusedCase{"no_colon", 400, with("NoColon\r\n")},
        RefusedCase{"name_with_space", 400, with("X Y: z\r\n")},
        RefusedCase{"folded", 400, with("X-A: b\r\n c\r\n")},
        RefusedCase{"folded_with_tab", 400, with("X-A: b\r\n\tc\r\n")},
        RefusedCase{"folded_first", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        RefusedCase{"bare_lf", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
        RefusedCase{"bare_lf_at_end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        RefusedCase{"bare_cr", 400, with("X-A: b\rContent-Length: 3\r\n")},
        RefusedCase{"two_cr", 400, with("X-A: b\r\r\n")},
        RefusedCase{"nul", 400, with(std::string("X-A: b\0c\r\n", 10))},
        RefusedCase{"escape", 400, with("X-A: \x1b[2J\r\n")},
        RefusedCase{"delete", 400, with("X-A: \x7f\r\n")},
        RefusedCase{"no_host", 400, "GET / HTTP/1.1\r\n\r\n"},
        RefusedCase{"two_hosts", 400, with("Host: b\r\n")},
        RefusedCase{"host_list", 400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
        RefusedCase{"host_with_user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
        RefusedCase{"host_with_path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        RefusedCase{"host_with_space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        RefusedCase{"two_authorizations", 400, with("Authorization: a\r\nAuthorization: b\r\n")},
        RefusedCase{"an_empty_authorization_and_another", 400,
                    with("Authorization:\r\nAuthorization: b\r\n")},
        RefusedCase{"get_with_body", 400, with("Content-Length: 3\r\n")},
        RefusedCase{"expectation", 417, post_with("Expect: tea\r\n")}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    RequestLine, Refused,
    testing::Values(
        RefusedCase{"http_0_9", 400, "GET /\r\n\r\n"},
        RefusedCase{"http_2", 505, "PRI * HTTP/2.0\r\n\r\n"},
        RefusedCase{"no_version_digit", 400, with("", "GET / HTTP/1.")},
        RefusedCase{"long_version", 400, with("", "GET / HTTP/1.10")},
        RefusedCase{"lower_case_version", 400, with("", "GET / http/1.1")},
        RefusedCase{"two_spaces", 400, with("", "GET  / HTTP/1.1")},
        RefusedCase{"space_in_target", 400, with("", "GET /a b HTTP/1.1")},
        RefusedCase{"space_at_end", 400, with("", "GET / HTTP/1.1 ")},
        RefusedCase{"space_at_start", 400, " GET / HTTP/1.1\r\n\r\n"},
        RefusedCase{"method_mark", 400, with("", "GE:T / HTTP/1.1")},
        RefusedCase{"relative_target", 400, with("", "GET health HTTP/1.1")},
        RefusedCase{"authority_target", 400, with("", "CONNECT a:443 HTTP/1.1")},
        RefusedCase{"other_scheme", 400, with("", "GET ftp://a/ HTTP/1.1")},
        RefusedCase{"no_authority", 400, with("", "GET http:///a HTTP/1.1")},
        RefusedCase{"fragment", 400, with("", "GET /#a HTTP/1.1")},
        RefusedCase{"raw_byte_in_target", 400, with("", "GET /\xc3\xa9 HTTP/1.1")},
        RefusedCase{"nul_escape", 400, with("", "GET /a%00b HTTP/1.1")},
        RefusedCase{"newline_escape", 400, with("", "GET /a%0d%0aX:b HTTP/1.1")},
        RefusedCase{"bad_escape", 400, with("", "GET /%zz HTTP/1.1")},
        RefusedCase{"cut_escape", 400, with("", "GET /%4 HTTP/1.1")},
        RefusedCase{"long_target", 414, with("", "GET /" + std::string(8192, 'a') + " HTTP/1.1")},
        RefusedCase{"endless_target", 414, "GET /" + std::string(20000, 'a')},
        RefusedCase{"endless_header", 431, "GET / HTTP/1.1\r\nX: " + std::string(20000, 'a')},
        RefusedCase{"two_empty_lines", 400, "\r\n\r\nGET / HTTP/1.1\r\n\r\n"},
        RefusedCase{"tls", 400, std::string("\x16\x03\x01\x02\x00", 5)}),
    name_of);

TEST(HeadReader, CountsEndlessManyHeadersAgainstTheSameLimit) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (bytes.size() < 20000) bytes += "A: b\r\n";
  EXPECT_EQ(read_whole(bytes).status, 431);
}

TEST(HeadReader, TakesAHeadOfExactlyTheLimit) {
  std::string head = with("X: ");
  head = with("X: " + std::string((16 << 10) - head.size() - 2, 'a') + "\r\n");
  ASSERT_EQ(head.size(), std::size_t{16 << 10});
  accepted(head);
  EXPECT_EQ(read_whole("\r\n" + head).status, 431);
}

TEST(HeadReader, RefusesAsSoonAsItIsSure) {
  EXPECT_EQ(read_whole("GET / HTTP/1.1\n").status, 400);
  EXPECT_EQ(read_whole("\x16").status, 400);
  EXPECT_EQ(read_whole("GET / HTTP/9.0\r\n").status, 505);
}

}  // namespace
}  // namespace http
