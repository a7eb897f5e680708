#include "net/sock_diag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "net/queue_sockets.h"

namespace net {
namespace {

// Their names alone are longer than what the kernel writes at a time.
TEST(SockDiag, ReadsAListOfManyDatagrams) {
  const std::string prefix = "fastcgi_exporter.test." + std::to_string(getpid()) + ".";
  std::vector<QuietListener> listeners;
  for (int i = 100; i < 500; ++i) {
    const std::string name = prefix + std::string(100 - prefix.size(), '.') + std::to_string(i);
    listeners.emplace_back(resolved("unix:@" + name), QuietListener::Options{.backlog = i});
  }
  std::map<std::string, probe::ListenQueue> shown;
  const DumpResult result = dump_unix_listeners([&](const UnixListener& listener) {
    if (listener.name.find(prefix) == 1) shown[std::string(listener.name)] = listener.queue;
  });
  EXPECT_EQ(result.end, DumpResult::End::complete) << result.problem;
  ASSERT_EQ(shown.size(), listeners.size());
  for (const auto& [name, queue] : shown) {
    EXPECT_EQ(std::to_string(queue.limit), name.substr(name.size() - 3));
  }
}

TEST(SockDiag, ShowsOnlyWhatListens) {
  const QuietListener listener(resolved("127.0.0.1:0"), {.backlog = 7});
  const Clients clients(listener.address(), 2);
  int count = 0;
  const DumpResult result = dump_tcp_listeners(AF_INET, [&](const TcpListener& shown) {
    if (port_of(shown.address) == listener.port()) ++count;
  });
  EXPECT_EQ(result.end, DumpResult::End::complete) << result.problem;
  EXPECT_EQ(count, 1);
}

// A question that no module of this kernel answers, as where the modules are missing.
TEST(SockDiag, SaysWhichModuleIsMissing) {
  const DumpResult result = dump_tcp_listeners(AF_INET + 200, [](const TcpListener&) {});
  EXPECT_EQ(result.end, DumpResult::End::failed);
  EXPECT_THAT(result.problem, testing::HasSubstr("modprobe tcp_diag"));
}

}  // namespace
}  // namespace net
