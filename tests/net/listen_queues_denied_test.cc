// ListenQueues with fewer rights and means than usual. Rights belong to a thread, for the kernel:
// a thread of the test gives its own up, and the one of ListenQueues inherits that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <thread>

#include "net/listen_queues.h"
#include "net/queue_sockets.h"
#include "support/no_descriptor_left.h"
#include "support/temp_dir.h"

namespace net {
namespace {

using std::nullopt;
using testing::HasSubstr;

constexpr uid_t kNobody = 65'534;

void in_a_thread(const std::function<void()>& work) {
  std::thread(work).join();
}

// As a user without any privilege; without root's rights, a test is one already.
void become_nobody() {
  if (geteuid() != 0) return;
  ASSERT_EQ(syscall(SYS_setgroups, 0, nullptr), 0);
  ASSERT_EQ(syscall(SYS_setresgid, kNobody, kNobody, kNobody), 0);
  ASSERT_EQ(syscall(SYS_setresuid, kNobody, kNobody, kNobody), 0);
}

// What RestrictAddressFamilies= of systemd, and strict containers, do.
void forbid_netlink() {
  const auto load = [](std::size_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
  };
  sock_filter filter[] = {
      load(offsetof(seccomp_data, nr)),
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_socket},
      load(offsetof(seccomp_data, args)),
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, AF_NETLINK},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EAFNOSUPPORT},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

class ListenQueuesDeniedTest : public testing::Test {
 protected:
  ListenQueuesDeniedTest() {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
  }

  support::TempDir directory_;
  const QuietListener tcp_{resolved("127.0.0.1:0"), {.backlog = 9}};
  const QuietListener unix_{resolved("unix:" + directory_.file("a.sock")), {.backlog = 7}};
};

TEST_F(ListenQueuesDeniedTest, NeedsNoPrivilege) {
  const Clients tcp_clients(tcp_.address(), 4);
  const Clients unix_clients(unix_.address(), 3);
  in_a_thread([this] {
    become_nobody();
    ListenQueues queues;
    queues.watch(tcp_.address());
    queues.watch(unix_.address());
    EXPECT_EQ(found_in_the_end(queues, tcp_.address(), queue(4, 9)), queue(4, 9));
    EXPECT_EQ(queues.table()->find(unix_.address()), queue(3, 7));
    EXPECT_EQ(queues.problem(), "");
  });
}

TEST_F(ListenQueuesDeniedTest, APathThatMayNotBeLookedUpIsNotFound) {
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::none);
  in_a_thread([this] {
    become_nobody();
    ListenQueues queues;
    queues.watch(unix_.address());
    EXPECT_EQ(fresh(queues)->find(unix_.address()), nullopt);
  });
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
}

TEST_F(ListenQueuesDeniedTest, SaysWhatToDoWhereNetlinkIsForbidden) {
  in_a_thread([this] {
    forbid_netlink();
    ListenQueues queues;
    queues.watch(resolved("192.0.2.1:9000"));
    fresh(queues);
    EXPECT_EQ(queues.problem(), "");  // nothing is here that could be read
    queues.watch(unix_.address());
    EXPECT_EQ(fresh(queues)->find(unix_.address()), nullopt);
    EXPECT_EQ(queues.problem(),
              "the accept queues of unix sockets cannot be read: no netlink socket can be had "
              "(Address family not supported by protocol): allow AF_NETLINK, in the service's "
              "RestrictAddressFamilies or the container's seccomp profile");
    queues.watch(tcp_.address());
    EXPECT_EQ(fresh(queues)->find(tcp_.address()), nullopt);
    EXPECT_THAT(queues.problem(), HasSubstr("the accept queues of local listeners cannot be read"));
    queues.unwatch(unix_.address());
    fresh(queues);
    EXPECT_THAT(queues.problem(),
                HasSubstr("the accept queues of local tcp listeners cannot be read"));
  });
}

TEST_F(ListenQueuesDeniedTest, APassingProblemIsForgotten) {
  ListenQueues queues;
  queues.watch(tcp_.address());
  queues.watch(unix_.address());
  EXPECT_EQ(fresh(queues)->find(tcp_.address()), queue(0, 9));
  {
    const support::NoDescriptorLeft no_descriptor_left;
    const auto table = fresh(queues);
    EXPECT_EQ(table->find(tcp_.address()), nullopt);
    EXPECT_EQ(table->find(unix_.address()), nullopt);
    EXPECT_THAT(queues.problem(), HasSubstr("raise the limit of open files"));
  }
  const auto table = fresh(queues);
  EXPECT_EQ(table->find(tcp_.address()), queue(0, 9));
  EXPECT_EQ(table->find(unix_.address()), queue(0, 7));
  EXPECT_EQ(queues.problem(), "");
}

}  // namespace
}  // namespace net
