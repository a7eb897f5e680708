// Real files in a directory of its own, and the kernel's own limits.
#include "net/file_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "support/temp_dir.h"

namespace net {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kLongMilliseconds = 60'000;

class FileWatchTest : public testing::Test {
 protected:
  // What the owner does: waits, takes what has happened, and follows again.
  bool is_told(const std::string& pattern) {
    pollfd ready{.fd = watch_.fd(), .events = POLLIN, .revents = 0};
    while (::poll(&ready, 1, kLongMilliseconds) == 1) {
      if (!watch_.take_changes()) continue;
      watch_.follow({pattern});
      while (watch_.take_changes()) {
      }
      return true;
    }
    return false;
  }

  // The kernel tells in order: by the time of a change that is told, others would have been.
  bool is_quiet() { return !watch_.take_changes(); }

  std::string follow(const std::string& pattern) {
    const std::string path = folder_.file(pattern);
    watch_.follow({path});
    EXPECT_EQ(watch_.problem(), "");
    return path;
  }

  void rename(const std::string& from, const std::string& to) const {
    fs::rename(folder_.path() / from, folder_.path() / to);
  }

  const support::TempDir folder_;
  FileWatch watch_;
};

TEST_F(FileWatchTest, TellsOfAFileThatComesIsWrittenIsReplacedAndGoes) {
  const std::string path = follow("*.yaml");
  folder_.write("a.yaml", "1");
  EXPECT_TRUE(is_told(path));
  folder_.write("a.yaml", "2");
  EXPECT_TRUE(is_told(path));
  folder_.write("a.yaml.new", "3");
  EXPECT_TRUE(is_quiet());
  rename("a.yaml.new", "a.yaml");
  EXPECT_TRUE(is_told(path));
  ::chmod(folder_.file("a.yaml").c_str(), 0600);
  EXPECT_TRUE(is_told(path));
  fs::remove(folder_.path() / "a.yaml");
  EXPECT_TRUE(is_told(path));
  folder_.write("b.yml", "");
  folder_.write(".b.yaml", "");  // as for glob(3), a name with a dot in front matches no *
  EXPECT_TRUE(is_quiet());
}

TEST_F(FileWatchTest, DirectoriesOnTheWayMayComeLaterGoAndComeBack) {
  const std::string path = follow("etc/*/pool.d/*.conf");
  for (int turn = 0; turn < 2; ++turn) {
    fs::create_directory(folder_.path() / "etc");
    EXPECT_TRUE(is_told(path));
    fs::create_directory(folder_.path() / "etc/8.2");
    EXPECT_TRUE(is_told(path));
    fs::create_directory(folder_.path() / "etc/8.2/other");
    EXPECT_TRUE(is_quiet());
    fs::create_directory(folder_.path() / "etc/8.2/pool.d");
    EXPECT_TRUE(is_told(path));
    folder_.write("etc/8.2/pool.d/www.conf", "");
    EXPECT_TRUE(is_told(path));
    fs::remove_all(folder_.path() / "etc");
    EXPECT_TRUE(is_told(path));
  }
}

TEST_F(FileWatchTest, WholeTreesThatComeAtOnceAreFollowedAtOnce) {
  const std::string path = follow("etc/*/pool.d/*.conf");
  fs::create_directories(folder_.path() / "new/8.2/pool.d");
  EXPECT_TRUE(is_quiet());
  rename("new", "etc");
  EXPECT_TRUE(is_told(path));
  folder_.write("etc/8.2/pool.d/www.conf", "");
  EXPECT_TRUE(is_told(path));
}

TEST_F(FileWatchTest, ASwapBehindALinkIsToldAsKubernetesDoesIt) {
  fs::create_directories(folder_.path() / "map/..1");
  folder_.write("map/..1/targets.yaml", "1");
  fs::create_directory_symlink("..1", folder_.path() / "map/..data");
  fs::create_symlink("..data/targets.yaml", folder_.path() / "map/targets.yaml");
  const std::string path = follow("map/*.yaml");
  for (const char* next : {"..2", "..3"}) {
    fs::create_directory(folder_.path() / "map" / next);
    folder_.write("map/" + std::string(next) + "/targets.yaml", next);
    EXPECT_TRUE(is_quiet());
    fs::create_directory_symlink(next, folder_.path() / "map/..data_tmp");
    rename("map/..data_tmp", "map/..data");
    EXPECT_TRUE(is_told(path));
  }
}

TEST_F(FileWatchTest, FollowsWhatALinkLeadsToWhereverThatIs) {
  fs::create_directory(folder_.path() / "run");
  fs::create_directory(folder_.path() / "elsewhere");
  fs::create_symlink(folder_.path() / "elsewhere/cert.pem", folder_.path() / "run/cert.pem");
  fs::create_symlink("loop", folder_.path() / "run/loop");
  const std::string path = follow("run/*");
  folder_.write("elsewhere/other.pem", "");
  EXPECT_TRUE(is_quiet());
  folder_.write("elsewhere/cert.pem", "");
  EXPECT_TRUE(is_told(path));
}

TEST_F(FileWatchTest, WhatIsNoLongerFollowedIsNotTold) {
  fs::create_directory(folder_.path() / "a");
  follow("a/*");
  const std::string path = follow("b");
  folder_.write("a/1", "");
  EXPECT_TRUE(is_quiet());
  folder_.write("b", "");
  EXPECT_TRUE(is_told(path));
}

TEST_F(FileWatchTest, ALostCountOfEventsIsAChange) {
  follow("wanted");
  std::size_t most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  ASSERT_GT(most, 0U);
  for (std::size_t i = 0; i <= most / 2; ++i) {
    folder_.write("other", "");  // at least two events: written, and gone
    fs::remove(folder_.path() / "other");
  }
  bool has_changed = false;
  pollfd ready{.fd = watch_.fd(), .events = POLLIN, .revents = 0};
  while (!has_changed && ::poll(&ready, 1, 0) == 1) has_changed = watch_.take_changes();
  EXPECT_TRUE(has_changed);
}

TEST_F(FileWatchTest, MoreDirectoriesThanItMayWatchAreAProblemAndTheOthersAreWatched) {
  FileWatch narrow(/*max_directories=*/1);
  narrow.follow({folder_.file("a/b")});
  EXPECT_THAT(narrow.problem(), HasSubstr("more than 1 directories"));
  narrow.follow({});
  EXPECT_EQ(narrow.problem(), "");
}

// As a kernel does whose fs.inotify.max_user_watches are used up.
void have_no_watches_left() {
  sock_filter filter[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_inotify_add_watch},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSPC},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(FileWatchTest, WithoutWatchesLeftItSaysSoAndTellsNothing) {
  std::thread([this] {  // a filter is a thread's own, and stays until it ends
    have_no_watches_left();
    watch_.follow({folder_.file("*")});
  })
      .join();
  EXPECT_THAT(watch_.problem(), HasSubstr("raise fs.inotify.max_user_watches"));
  folder_.write("a", "");
  EXPECT_FALSE(watch_.take_changes());
  follow("*");
}

TEST_F(FileWatchTest, WithoutInotifyItSaysSoAndTellsNothing) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  FileWatch blind;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(blind.fd(), -1);
  blind.follow({folder_.file("*")});
  EXPECT_THAT(blind.problem(), HasSubstr("not noticed at once"));
  EXPECT_FALSE(blind.take_changes());
}

}  // namespace
}  // namespace net
