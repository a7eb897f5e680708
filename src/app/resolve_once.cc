#include "app/resolve_once.h"

#include <cstdlib>

#include "app/lookup_options.h"
#include "net/event_loop.h"
#include "net/lookups.h"

namespace app {

base::Result<std::vector<base::SocketAddress>> resolve_once(const base::Address& address,
                                                            base::TimePoint deadline) {
  if (const auto known = base::socket_address(address)) return std::vector{*known};
  if (address.transport == base::Transport::unix_socket) {
    return base::Unexpected{"the path is no usable socket address"};
  }
  net::EventLoop loop;  // outlives the look-ups, whose thread wakes it
  net::Lookups lookups(lookup_options());
  auto answer = lookups.find(address.host, [&loop] { loop.wake(); });
  while (answer->state == net::NameAnswer::State::pending && loop.now() < deadline) {
    loop.wait(deadline);
    answer = lookups.find(address.host, [] {});
  }
  switch (answer->state) {
    case net::NameAnswer::State::resolved:
      return net::with_port(answer->addresses, address.port);
    case net::NameAnswer::State::failed:
      return base::Unexpected{answer->problem};
    case net::NameAnswer::State::pending:
      return base::Unexpected{"the name server did not answer in time"};
  }
  std::abort();
}

}  // namespace app
