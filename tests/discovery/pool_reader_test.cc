// Files of PHP-FPM on a real disk: patterns, includes, and what cannot be read.
#include "discovery/pool_reader.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> target_names(const PoolsRead& read) {
  std::vector<std::string> names;
  for (const phpfpm::Pool& pool : read.pools) names.push_back(pool.name + "=" + pool.listen);
  return names;
}

TEST(PoolReader, ReadsWhatThePatternsMatchInOrder) {
  const support::TempDir folder;
  folder.write("b.conf", "[b]\nlisten = 2\n");
  folder.write("a.conf", "[a]\nlisten = 1\n");
  folder.write("other.txt", "[c]\nlisten = 3\n");
  const PoolsRead read = read_pools({folder.file("*.conf"), folder.file("other.txt")});
  EXPECT_THAT(target_names(read), ElementsAre("a=1", "b=2", "c=3"));
  EXPECT_EQ(read.pools[0].file, folder.file("a.conf"));
  EXPECT_THAT(read.warnings, IsEmpty());
}

TEST(PoolReader, PoolsOfOneNameInTwoFilesAreTwo) {
  const support::TempDir folder;
  folder.write("a.conf", "[www]\nlisten = 1\n");
  folder.write("b.conf", "[www]\nlisten = 2\n");
  EXPECT_THAT(target_names(read_pools({folder.file("*.conf")})), ElementsAre("www=1", "www=2"));
}

TEST(PoolReader, FollowsIncludesWhereTheyStand) {
  const support::TempDir folder;
  folder.write("common.inc", "ping.path = /ping\nlisten = /run/$pool.sock\n");
  folder.write("pool.inc", "[included]\nlisten = 7\n");
  folder.write("fpm.conf", "[global]\ninclude = " + folder.file("pool*.inc") +
                               "\n[a]\ninclude = " + folder.file("common.inc") +
                               "\n[b]\ninclude = " + folder.file("common.inc") +
                               "\nlisten = 2\ninclude = " + folder.file("none*.inc") + "\n");
  const PoolsRead read = read_pools({folder.file("fpm.conf")});
  EXPECT_THAT(target_names(read), ElementsAre("included=7", "a=/run/a.sock", "b=2"));
  EXPECT_EQ(read.pools.at(2).ping_path, "/ping");
  EXPECT_THAT(read.warnings, IsEmpty());
}

TEST(PoolReader, AFileThatIncludesItselfEnds) {
  const support::TempDir folder;
  std::string text = "[a]\nlisten = 1\n";
  for (int i = 0; i < 100; ++i) text += "include = " + folder.file("a.conf") + "\n";
  folder.write("a.conf", text);
  const PoolsRead read = read_pools({folder.file("a.conf")});
  EXPECT_THAT(target_names(read), ElementsAre("a=1"));
  EXPECT_THAT(read.warnings, ElementsAre(HasSubstr("files include each other")));
}

TEST(PoolReader, WhatIsNoFileIsAWarningAndNeverWaitedFor) {
  const support::TempDir folder;
  ASSERT_EQ(mkfifo(folder.file("pipe.conf").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(folder.file("folder.conf").c_str(), 0700), 0);
  ASSERT_EQ(symlink("nowhere", folder.file("link.conf").c_str()), 0);
  EXPECT_THAT(read_pools({folder.file("*.conf")}).warnings,
              ElementsAre(HasSubstr("folder.conf: Is a directory"),
                          HasSubstr("link.conf: No such file or directory"),
                          HasSubstr("pipe.conf: is a pipe")));
}

TEST(PoolReader, ProblemsComeWithFileAndLine) {
  const support::TempDir folder;
  folder.write("a.conf", "[a]\nlisten = \"1\nping.path = x\n");
  EXPECT_THAT(read_pools({folder.file("a.conf")}).warnings,
              ElementsAre(HasSubstr("a.conf:2: listen has a quote"),
                          HasSubstr("a.conf:3: ping.path: \"x\" is no path")));
}

TEST(PoolReader, NoMatchIsNoWarningOfItsOwn) {
  EXPECT_THAT(read_pools({"/nonexistent/*/x.conf"}).warnings, IsEmpty());
}

TEST(PoolReader, AFileThatIsTooLongIsReadToTheLimit) {
  const support::TempDir folder;
  folder.write("a.conf", "[a]\nlisten = 1\n" + std::string(2 * phpfpm::kMaxPoolFileBytes, '\n'));
  const PoolsRead read = read_pools({folder.file("a.conf")});
  EXPECT_THAT(target_names(read), ElementsAre("a=1"));
  EXPECT_THAT(read.warnings, ElementsAre(HasSubstr("the file is too long")));
}

}  // namespace
}  // namespace discovery
