#include "app/systemd_sockets.h"

#include <string>

#include "base/text.h"

namespace app {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMostSockets = 64;

std::optional<std::uint64_t> number_in(const config::Environment& environment,
                                       const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::nullopt : base::parse_uint(found->second);
}

}  // namespace

base::Result<std::vector<int>> systemd_sockets(const config::Environment& environment, int pid) {
  const auto for_pid = number_in(environment, "LISTEN_PID");
  const auto count = number_in(environment, "LISTEN_FDS");
  if (!for_pid || !count || *for_pid != static_cast<std::uint64_t>(pid) || *count == 0) {
    return base::Unexpected{
        "--web.systemd-socket: systemd has passed no sockets; start the exporter by a .socket "
        "unit, or write --web.listen-address"};
  }
  if (*count > kMostSockets) {
    return base::Unexpected{"--web.systemd-socket: LISTEN_FDS announces more than " +
                            std::to_string(kMostSockets) + " sockets"};
  }
  std::vector<int> descriptors;
  descriptors.reserve(*count);
  for (int i = 0; i < static_cast<int>(*count); ++i) descriptors.push_back(kFirst + i);
  return descriptors;
}

}  // namespace app
