// The pool's figures: a body in, numbers or a reason out.
#include "phpfpm/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "pages.h"

namespace phpfpm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Optional;

// A page with one figure written in another way, or with another key.
std::string page_with(std::string_view what, std::string_view instead) {
  std::string page = short_page();
  const std::size_t at = page.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return page.replace(at, what.size(), instead);
}

TEST(StatusPage, HasEveryFigureOfTheShortForm) {
  const StatusPage page = parsed(short_page());
  EXPECT_EQ(page.pool, "www");
  EXPECT_EQ(page.process_manager, "static");
  EXPECT_THAT(page.start_time, Optional(1795353943U));
  EXPECT_THAT(page.start_since, Optional(57U));
  EXPECT_THAT(page.accepted_connections, Optional(4U));
  EXPECT_THAT(page.listen_queue, Optional(1U));
  EXPECT_THAT(page.listen_queue_peak, Optional(2U));
  EXPECT_THAT(page.listen_queue_limit, Optional(511U));
  EXPECT_THAT(page.idle_processes, Optional(3U));
  EXPECT_THAT(page.active_processes, Optional(1U));
  EXPECT_THAT(page.total_processes, Optional(4U));
  EXPECT_THAT(page.active_processes_peak, Optional(5U));
  EXPECT_THAT(page.max_children_reached, Optional(6U));
  EXPECT_THAT(page.slow_requests, Optional(7U));
  EXPECT_EQ(page.memory_peak_bytes, std::nullopt);
  EXPECT_EQ(page.summary, std::nullopt);
  EXPECT_EQ(page.warnings, 0U);
}

TEST(StatusPage, HasTheMemoryPeakOfPhp84) {
  const StatusPage page = parsed(contents("testdata/php84-short.json"));
  EXPECT_THAT(page.memory_peak_bytes, Optional(5799936U));
  EXPECT_EQ(page.warnings, 0U);
}

TEST(StatusPage, KeepsCountersThatNoDoubleCanHold) {
  for (const std::uint64_t count :
       {std::uint64_t{4294967296}, std::uint64_t{9007199254740993}, ~std::uint64_t{0}}) {
    const StatusPage page =
        parsed(page_with("\"accepted conn\":4", "\"accepted conn\":" + std::to_string(count)));
    EXPECT_THAT(page.accepted_connections, Optional(count));
    EXPECT_EQ(page.warnings, 0U);
  }
}

TEST(StatusPage, HasNothingForAKeyThatIsMissing) {
  const StatusPage page = parsed(R"({"pool":"www","idle processes":3,"active processes":1})");
  EXPECT_EQ(page.process_manager, "unknown");
  EXPECT_EQ(page.accepted_connections, std::nullopt);
  EXPECT_EQ(page.slow_requests, std::nullopt);
  EXPECT_EQ(page.total_processes, std::nullopt);
  EXPECT_EQ(page.warnings, 0U);
}

TEST(StatusPage, IgnoresKeysItDoesNotKnowWhateverTheyHold) {
  const StatusPage page = parsed(
      R"({"new":{"accepted conn":9,"deep":[[{"pool":"x"}]]},"newer":null,"newest":[1,-2.5,"x",true],)" +
      short_page().substr(1));
  EXPECT_EQ(page, parsed(short_page()));
}

TEST(StatusPage, TakesItsKeysInAnyOrder) {
  const StatusPage page =
      parsed(R"({"active processes":1,"memory peak":2,"idle processes":3,"pool":"www"})");
  EXPECT_EQ(page.pool, "www");
  EXPECT_THAT(page.memory_peak_bytes, Optional(2U));
}

struct Strange {
  const char* name;
  const char* value;
};

void PrintTo(const Strange& shown, std::ostream* out) {
  *out << shown.name;
}

class StrangeValues : public testing::TestWithParam<Strange> {};

TEST_P(StrangeValues, AreNothingAndAWarning) {
  const std::string value = GetParam().value;
  const StatusPage page = parsed(page_with("\"idle processes\":3", "\"idle processes\":" + value));
  EXPECT_EQ(page.idle_processes, std::nullopt);
  EXPECT_EQ(page.warnings, 1U);
  StatusPage rest = page;
  rest.idle_processes = 3;
  rest.warnings = 0;
  EXPECT_EQ(rest, parsed(short_page()));
}

INSTANTIATE_TEST_SUITE_P(
    Values, StrangeValues,
    testing::Values(Strange{"negative", "-1"}, Strange{"negative_zero", "-0"},
                    Strange{"fraction", "3.5"}, Strange{"fraction_that_is_whole", "3.0"},
                    Strange{"exponent", "3e0"}, Strange{"beyond_64_bit", "18446744073709551616"},
                    Strange{"text", "\"3\""}, Strange{"null", "null"}, Strange{"bool", "true"},
                    Strange{"list", "[3,{\"idle processes\":3}]"},
                    Strange{"object", "{\"idle processes\":3,\"pool\":[]}"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(StatusPage, DoesNotKnowEveryProcessManager) {
  for (const char* word : {"\"forking\"", "\"\"", "3", "null"}) {
    const StatusPage page = parsed(page_with("\"static\"", word));
    EXPECT_EQ(page.process_manager, "unknown") << word;
    EXPECT_EQ(page.warnings, 1U) << word;
  }
  for (const std::string word : {"static", "dynamic", "ondemand"}) {
    EXPECT_EQ(parsed(page_with("\"static\"", '"' + word + '"')).process_manager, word);
  }
}

TEST(StatusPage, BelievesTheFirstOfAKeyThatComesTwice) {
  const StatusPage page = parsed(head() + R"(,"accepted conn":99,"pool":"other"})");
  EXPECT_EQ(page.pool, "www");
  EXPECT_THAT(page.accepted_connections, Optional(4U));
  EXPECT_EQ(page.warnings, 2U);
}

TEST(StatusPage, CleansAndBoundsThePoolsName) {
  EXPECT_EQ(parsed(page_with("\"www\"", R"("a\u001b[2J\nb\u0000")")).pool, "a\uFFFD[2J b\uFFFD");
  const StatusPage page = parsed(page_with("\"www\"", '"' + std::string(100'000, 'x') + '"'));
  EXPECT_EQ(page.pool, std::string(kMaxPoolNameBytes, 'x'));
}

struct Other {
  const char* name;
  std::string body;
  const char* reason;
};

void PrintTo(const Other& shown, std::ostream* out) {
  *out << shown.name;
}

class NoStatusPage : public testing::TestWithParam<Other> {};

TEST_P(NoStatusPage, IsCalledWhatItIs) {
  EXPECT_EQ(reason_against(GetParam().body), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, NoStatusPage,
    testing::Values(
        Other{"nothing", "", "an empty body"}, Other{"blanks", " \r\n", "an empty body"},
        Other{"text", "File not found.\n", "the text \"File not found.\""},
        Other{"ping", "pong", "the text \"pong\""},
        Other{"html", "<!DOCTYPE html>\n<html>", "HTML"},
        Other{"html_after_a_blank", "\n<p>", "HTML"},
        Other{"xml", "<?xml version=\"1.0\" ?>\n<status>", "XML"},
        Other{"plain_status_page", "pool:                 www\n", "a status page as plain text"},
        Other{"metrics", "# HELP phpfpm_up x\n", "a page of metrics"},
        Other{"list", "[" + short_page() + "]", "a JSON list"},
        Other{"number", "3", "the text \"3\""},
        Other{"json_text", "\"pong\"", "the text \"\"pong\"\""},
        Other{"empty_object", "{}", "a JSON object without the key \"pool\""},
        Other{"other_json", R"({"error":"boom"})", "a JSON object without the key \"pool\""},
        Other{"pool_that_is_no_text", R"({"pool":3,"idle processes":1,"active processes":1})",
              "a JSON object without the key \"pool\""},
        Other{"pool_without_a_name", R"({"pool":"","idle processes":1,"active processes":1})",
              "a JSON object without the key \"pool\""},
        Other{"no_idle", R"({"pool":"www","active processes":1})",
              "a JSON object without the key \"idle processes\""},
        Other{"no_active", R"({"pool":"www","idle processes":1})",
              "a JSON object without the key \"active processes\""},
        Other{"inner_page", R"({"data":)" + short_page() + "}",
              "a JSON object without the key \"pool\""},
        Other{"figures_in_the_list_only", R"({"processes":[)" + short_page() + "]}",
              "a JSON object without the key \"pool\""},
        Other{"broken_at_once", "{", "JSON that is broken at byte 2"},
        Other{"broken_head", R"({"pool":"www",})", "JSON that is broken at byte 15"},
        Other{"more_after_it", short_page() + "x", "JSON that is broken at byte 290"}),
    [](const auto& test) { return std::string(test.param.name); });

// The lines of a page of another kind may hold what users have asked for.
TEST(NoStatusPageReason, ShowsNoQueryAndNothingOfAPage) {
  EXPECT_EQ(describe_body("no /a.php?token=secret here"), "the text \"no /a.php\"");
  EXPECT_EQ(describe_body("Warning: x in y\n{\"request uri\":1}"), "the text \"Warning: x in y\"");
  EXPECT_EQ(describe_body("junk {\"user\":\"secret\"}"), "the text \"junk\"");
  EXPECT_THAT(reason_against(R"({"processes":[{"user":"secret","script":"secret"}]})"),
              Not(HasSubstr("secret")));
  EXPECT_THAT(reason_against("{\"user\":\"secret\x01"), Not(HasSubstr("secret")));
}

TEST(NoStatusPageReason, CannotBeForgedOrFlooded) {
  EXPECT_EQ(describe_body("a\x1b(\tb\xff"), "the text \"a\uFFFD( b\uFFFD\"");
  EXPECT_EQ(describe_body(std::string(1 << 20, 'x')),
            "the text \"" + std::string(80, 'x') + "...\"");
}

// A megabyte is what the reader of answers lets through. Neither deep nor long values may cost the
// stack or more than one pass over them.
TEST(StatusPage, EndsWithHugeValuesInOnePass) {
  constexpr std::size_t kMegabyte = 1 << 20;
  EXPECT_EQ(reason_against(std::string(kMegabyte, '[')), "a JSON list");
  EXPECT_EQ(reason_against(std::string(kMegabyte, '{')), "JSON that is broken at byte 2");
  const std::string deep = std::string(kMegabyte, '[') + std::string(kMegabyte, ']');
  EXPECT_EQ(parsed(head() + ",\"new\":" + deep + '}'), parsed(short_page()));
  EXPECT_EQ(parsed(head() + ",\"new\":\"" + std::string(kMegabyte, 'x') + "\"}"),
            parsed(short_page()));
  std::string objects;
  for (std::size_t i = 0; i < kMegabyte / 5; ++i) objects += "{\"x\":";
  EXPECT_THAT(reason_against(objects), HasSubstr("broken"));
  std::string keys = head();
  for (std::size_t i = 0; i < kMegabyte / 12; ++i) keys += ",\"accepted conn\":1";
  EXPECT_EQ(parsed(keys + '}').warnings, kMegabyte / 12);
}

// A cut page is no page, or the whole page but for its list.
TEST(StatusPage, IsWholeOrFailsWhereverItIsCut) {
  const std::string body = contents("testdata/php84-full.json");
  const StatusPage whole = parsed(body);
  ASSERT_TRUE(whole.summary);
  const std::size_t list_opens = body.find('[') + 1;
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    const auto page = parse_status_page(std::string_view(body).substr(0, cut), Keep::processes);
    ASSERT_EQ(page.has_value(), cut >= list_opens) << cut;
    if (!page) continue;
    EXPECT_EQ(page->warnings, 1U) << cut;
    EXPECT_EQ(without_list(*page), without_list(whole)) << cut;
    EXPECT_FALSE(page->summary) << cut;
    EXPECT_TRUE(page->processes.empty()) << cut;
  }
}

}  // namespace
}  // namespace phpfpm
