// PHP-FPM's configuration: text in, pools and problems out. The table holds what `php-fpm8.2 -tt`
// makes of the same texts.
#include "phpfpm/pool_file.h"

#include <gmock/gmock.h>

#include <ostream>

namespace phpfpm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

PoolSet set_of(std::string_view text) {
  PoolSet pools;
  const PoolFile file = parse_pool_file(text);
  for (const PoolDirective& directive : file.directives) pools.apply(directive, "f");
  return pools;
}

Pool only_pool(const std::string& text) {
  const PoolSet pools = set_of(text);
  EXPECT_THAT(pools.problems(), IsEmpty());
  EXPECT_THAT(pools.pools(), SizeIs(1)) << text;
  return pools.pools().empty() ? Pool{} : pools.pools()[0];
}

std::vector<std::string> problems_of(const std::string& text) {
  std::vector<std::string> all;
  for (const PoolProblem& problem : parse_pool_file(text).problems) {
    all.push_back(std::to_string(problem.line) + ": " + problem.what);
  }
  return all;
}

TEST(PoolFile, BringsEveryKeyThatMatters) {
  const Pool pool = only_pool(
      "; a comment\n"
      "[global]\npid = /run/fpm.pid\n\n"
      "[www]\n"
      "user = www-data\n"
      "listen = 127.0.0.1:9000\n"
      "prefix = /srv/$pool\n"
      "pm = dynamic\n"
      "pm.max_children = 5\n"
      "pm.status_path = /status\n"
      "pm.status_listen = 127.0.0.1:9001\n"
      "ping.path = /ping\n"
      "ping.response = pong!\n"
      "env[listen] = /no\n"
      "php_admin_value[listen] = \"/no\n"
      "access.suppress_path[] = /ping\n");
  EXPECT_EQ(pool.name, "www");
  EXPECT_EQ(pool.listen, "127.0.0.1:9000");
  EXPECT_EQ(pool.prefix, "/srv/www");
  EXPECT_THAT(pool.max_children, Optional(5U));
  EXPECT_EQ(pool.status_path, "/status");
  EXPECT_EQ(pool.status_listen, "127.0.0.1:9001");
  EXPECT_EQ(pool.ping_path, "/ping");
  EXPECT_EQ(pool.ping_response, "pong!");
  EXPECT_EQ(pool.file, "f");
  EXPECT_EQ(pool.line, 5);
}

struct ValueCase {
  const char* name;
  const char* line;
  const char* want;
};
void PrintTo(const ValueCase& test, std::ostream* out) {
  *out << test.name;
}

class PoolValue : public testing::TestWithParam<ValueCase> {};

TEST_P(PoolValue, IsReadAsFpmReadsIt) {
  EXPECT_EQ(only_pool("[www]\n" + std::string(GetParam().line)).listen, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, PoolValue,
    testing::Values(
        ValueCase{"spaces", "  listen  =   a  ", "a"}, ValueCase{"no_spaces", "listen=a", "a"},
        ValueCase{"tabs", "\tlisten\t=\ta\t", "a"}, ValueCase{"windows_line", "listen = a\r", "a"},
        ValueCase{"capitals", "LISTEN = a", "a"},
        ValueCase{"comment_after_it", "listen = a ; b", "a"},
        ValueCase{"hash_is_text", "listen = a#b", "a#b"},
        ValueCase{"quoted", "listen = \"a;b c \"", "a;b c "},
        ValueCase{"quoted_and_comment", "listen = \"a\" ; b", "a"},
        ValueCase{"single_quotes", "listen = '/run/$pool.sock'", "/run/www.sock"},
        ValueCase{"escaped_quote", "listen = \"a\\\"b\"", "a\"b"},
        ValueCase{"pieces", "listen = \"a;\"b'c'd", "a;bcd"},
        ValueCase{"equals_sign", "listen = /run/a=b", "/run/a=b"},
        ValueCase{"pool_twice", "listen = /$pool/$pools", "/www/wwws"},
        ValueCase{"yes_is_1", "listen = Yes", "1"}, ValueCase{"off_is_empty", "listen = off", ""},
        ValueCase{"quoted_yes_is_text", "listen = \"yes\"", "yes"},
        ValueCase{"the_last_one_counts", "listen = a\nlisten = b", "b"},
        ValueCase{"no_value", "listen =", ""}),
    [](const auto& test) { return test.param.name; });

TEST(PoolFile, SectionsOfOneNameAreOnePool) {
  const PoolSet pools =
      set_of("[a]\nlisten = 1\n[ \"b\" ]\nlisten = 2\n[GLOBAL]\nlisten = 3\n[A]\nprefix = /p\n");
  ASSERT_THAT(pools.pools(), SizeIs(2));
  EXPECT_EQ(pools.pools()[0].name, "a");
  EXPECT_EQ(pools.pools()[0].listen, "1");
  EXPECT_EQ(pools.pools()[0].prefix, "/p");
  EXPECT_EQ(pools.pools()[1].name, "b");
  EXPECT_EQ(pools.pools()[1].listen, "2");
}

TEST(PoolFile, BeforeTheFirstSectionIsGlobal) {
  EXPECT_THAT(set_of("listen = 9000\n").pools(), IsEmpty());
}

TEST(PoolFile, ReportsIncludesWhereTheyStand) {
  const PoolFile file = parse_pool_file("[a]\ninclude = /etc/$pool/*.conf ; more\nlisten = 1\n");
  ASSERT_THAT(file.directives, SizeIs(3));
  EXPECT_EQ(file.directives[1].kind, PoolDirective::Kind::include);
  EXPECT_EQ(file.directives[1].value, "/etc/$pool/*.conf");
  EXPECT_EQ(file.directives[1].line, 2);
}

TEST(PoolFile, AnIncludedFileGoesOnInTheSection) {
  PoolSet pools;
  for (const auto& directive : parse_pool_file("[a]\n").directives) pools.apply(directive, "f");
  for (const auto& directive : parse_pool_file("listen=1\n").directives)
    pools.apply(directive, "g");
  EXPECT_EQ(pools.pools().at(0).listen, "1");
  EXPECT_EQ(pools.pools().at(0).file, "f");
}

TEST(PoolFile, ProblemsHaveTheirLines) {
  EXPECT_THAT(problems_of("\n[www\nlisten = \"a\n"),
              ElementsAre("2: \"www\" is no section; write [NAME]",
                          "3: listen has a quote that is not closed"));
  EXPECT_THAT(problems_of("[]\n"), ElementsAre(HasSubstr("1: ")));
  EXPECT_THAT(problems_of("[w]\nlisten = ${PORT}\n"),
              ElementsAre(HasSubstr("2: listen has a variable of PHP-FPM's own environment")));
  EXPECT_THAT(problems_of("[w]\nlisten = a\x1B[2Jb\n"),
              ElementsAre(HasSubstr("2: listen holds a control character")));
}

TEST(PoolFile, AValueThatFpmWouldRefuseIsLeftOut) {
  const PoolSet pools = set_of(
      "[w]\nping.path = ping\npm.status_path = /a b\nping.response = no\npm.max_children = 3x\n");
  EXPECT_THAT(pools.problems(), ElementsAre(HasSubstr("f:2: ping.path: \"ping\" is no path"),
                                            HasSubstr("f:3: pm.status_path: \"/a b\" is no path"),
                                            HasSubstr("f:4: ping.response: \"\" is no response"),
                                            HasSubstr("f:5: pm.max_children: \"3x\" is no count")));
  EXPECT_EQ(pools.pools().at(0).ping_path, "");
}

TEST(PoolFile, ABadSectionEndsTheOneBefore) {
  EXPECT_EQ(only_pool("[a]\nlisten = 1\n[b\nlisten = 2\n").listen, "1");
}

TEST(PoolFile, EveryLengthIsBounded) {
  EXPECT_THAT(problems_of("[w]\nlisten = /" + std::string(kMaxPoolValueBytes, 'x')),
              ElementsAre(HasSubstr("2: listen is too long")));
  EXPECT_THAT(problems_of("x = " + std::string(kMaxPoolFileLineBytes, 'x')),
              ElementsAre(HasSubstr("1: the line is too long")));
  EXPECT_THAT(problems_of("[" + std::string(kMaxPoolSectionBytes + 1, 'x') + "]"), SizeIs(1));
  EXPECT_THAT(problems_of(std::string(kMaxPoolFileBytes + 1, '\n')),
              ElementsAre(HasSubstr("the file is too long")));
  std::string many;
  for (std::size_t i = 0; i < kMaxPoolDirectives + 2; ++i) many += "[a]\n";
  EXPECT_THAT(parse_pool_file(many).directives, SizeIs(kMaxPoolDirectives));
  EXPECT_THAT(problems_of(many), SizeIs(1));
  std::string pools;
  for (std::size_t i = 0; i < kMaxPools + 2; ++i) pools += "[p" + std::to_string(i) + "]\n";
  EXPECT_THAT(set_of(pools).pools(), SizeIs(kMaxPools));
  EXPECT_THAT(set_of(pools).problems(), SizeIs(2));
  const std::string name(kMaxPoolSectionBytes, 'n');
  EXPECT_THAT(set_of("[" + name + "]\nlisten = $pool$pool$pool$pool$pool$pool\n").problems(),
              ElementsAre(HasSubstr("listen: is too long with the pool's name in it")));
}

TEST(PoolFile, ProblemsAreCounted) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "[\n";
  const auto problems = problems_of(text);
  ASSERT_THAT(problems, SizeIs(kMaxPoolProblems + 1));
  EXPECT_THAT(problems.back(), HasSubstr("there are more problems"));
}

TEST(PoolFile, EveryCutOfAFileIsRead) {
  const std::string text =
      "\xEF\xBB\xBF[www]\r\nlisten = \"/run/\\\"$pool\" 'x' ; "
      "c\ninclude=a\n[\"b\"]\nping.path=/p\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const PoolFile file = parse_pool_file(std::string_view(text).substr(0, size));
    EXPECT_EQ(file, parse_pool_file(text.substr(0, size)));
    EXPECT_LE(file.directives.size(), 5U);
  }
}

}  // namespace
}  // namespace phpfpm
