#include "app/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace app {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr pid_t kSelf = 42;
constexpr base::TimePoint kNow{seconds(1000)};

// The service manager's end of NOTIFY_SOCKET.
class NoticeBoard {
 public:
  explicit NoticeBoard(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '@' ? 0 : 1);
    EXPECT_EQ(
        ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)),
        0);
  }

  // Those that came since the last call.
  std::vector<std::string> take() {
    std::vector<std::string> notices;
    char text[512];
    ssize_t size = 0;
    while ((size = ::recv(socket_.get(), text, sizeof text, MSG_DONTWAIT)) >= 0)
      notices.emplace_back(text, static_cast<std::size_t>(size));
    return notices;
  }

 private:
  base::UniqueFd socket_;
};

class SupervisorTest : public testing::Test {
 protected:
  const support::TempDir folder_;
  const std::string name_ = folder_.file("notify");
  NoticeBoard board_{name_};
};

TEST_F(SupervisorTest, IsToldOfStartReloadAndEnd) {
  Supervisor supervisor({.socket = name_, .watchdog = {}});
  supervisor.ready("watching 3 targets");
  EXPECT_THAT(board_.take(), ElementsAre("READY=1\nSTATUS=watching 3 targets"));
  supervisor.reloading(kNow);
  EXPECT_THAT(board_.take(), ElementsAre("RELOADING=1\nMONOTONIC_USEC=1000000000"));
  supervisor.stopping();
  EXPECT_THAT(board_.take(), ElementsAre("STOPPING=1"));
}

TEST_F(SupervisorTest, WithoutAWatchdogIsNotToldThatAllIsWell) {
  Supervisor supervisor({.socket = name_, .watchdog = {}});
  EXPECT_EQ(supervisor.next_keep_alive(), std::nullopt);
  supervisor.keep_alive(kNow, true);
  EXPECT_THAT(board_.take(), IsEmpty());
}

TEST_F(SupervisorTest, IsToldFourTimesPerWatchdogThatAllIsWell) {
  Supervisor supervisor({.socket = name_, .watchdog = seconds(20)});
  supervisor.keep_alive(kNow, true);
  EXPECT_THAT(board_.take(), ElementsAre("WATCHDOG=1"));
  EXPECT_EQ(supervisor.next_keep_alive(), kNow + seconds(5));
  supervisor.keep_alive(kNow + seconds(4), true);
  EXPECT_THAT(board_.take(), IsEmpty());
  supervisor.keep_alive(kNow + seconds(5), true);
  EXPECT_THAT(board_.take(), ElementsAre("WATCHDOG=1"));
}

TEST_F(SupervisorTest, IsNotToldSoWhileALoopIsStuck) {
  Supervisor supervisor({.socket = name_, .watchdog = seconds(20)});
  supervisor.keep_alive(kNow, false);
  EXPECT_THAT(board_.take(), IsEmpty());
  EXPECT_EQ(supervisor.next_keep_alive(), kNow + seconds(5));
  supervisor.keep_alive(kNow + seconds(5), true);
  EXPECT_THAT(board_.take(), ElementsAre("WATCHDOG=1"));
}

TEST(Supervisor, MayListenAtAnAbstractName) {
  const support::TempDir folder;  // its name is nobody else's
  const std::string name = "@" + folder.file("notify");
  NoticeBoard board(name);
  Supervisor({.socket = name, .watchdog = {}}).ready("");
  EXPECT_THAT(board.take(), ElementsAre("READY=1\nSTATUS="));
}

TEST(Supervisor, ThatIsNotThereStopsNobody) {
  for (const std::string& name : {std::string(), std::string("/nowhere/notify"),
                                  "/" + std::string(sizeof(sockaddr_un::sun_path), 'a')}) {
    Supervisor supervisor({.socket = name, .watchdog = seconds(20)});
    supervisor.ready("watching");
    supervisor.keep_alive(kNow, true);
    EXPECT_EQ(supervisor.next_keep_alive(), std::nullopt) << name;
  }
}

TEST(Supervisor, OptionsAreThoseOfTheEnvironment) {
  const auto watchdog = [](const std::string& limit, const std::string& pid) {
    return supervisor_options(
               {{"NOTIFY_SOCKET", "/run/n"}, {"WATCHDOG_USEC", limit}, {"WATCHDOG_PID", pid}},
               kSelf)
        .watchdog;
  };
  EXPECT_EQ(watchdog("30000000", "42"), seconds(30));
  EXPECT_EQ(watchdog("30000000", ""), seconds(30));
  EXPECT_EQ(watchdog("30000000", "43"), std::nullopt);  // another process's
  EXPECT_EQ(watchdog("0", "42"), std::nullopt);
  EXPECT_EQ(watchdog("soon", "42"), std::nullopt);
  EXPECT_EQ(watchdog("18446744073709551615", "42"), std::chrono::hours(24));

  EXPECT_EQ(supervisor_options({}, kSelf).socket, "");
  EXPECT_EQ(supervisor_options({{"NOTIFY_SOCKET", "relative"}}, kSelf).socket, "");
  EXPECT_EQ(supervisor_options({{"WATCHDOG_USEC", "30000000"}}, kSelf).watchdog, std::nullopt);
}

}  // namespace
}  // namespace app
