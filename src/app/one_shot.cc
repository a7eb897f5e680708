#include "app/one_shot.h"

#include <cerrno>
#include <functional>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "app/resolve_once.h"
#include "fastcgi/transcript.h"
#include "net/event_loop.h"
#include "net/exchange.h"
#include "net/listen_queues.h"
#include "probe/judge.h"

namespace app {
namespace {

probe::Attempt not_resolved(std::string problem) {
  probe::Attempt attempt;
  attempt.end = probe::End::resolve_failed;
  attempt.problem = std::move(problem);
  return attempt;
}

// Until it has ended, `until` has come or `is_enough`; what wakes the loop makes it look again.
void drive(net::Exchange& exchange, net::EventLoop& loop, base::TimePoint until,
           const std::function<bool()>& is_enough) {
  while (!exchange.is_finished() && !is_enough() && loop.now() < until) {
    if (!exchange.wait_in(loop, 0)) throw std::system_error(errno, std::system_category(), "epoll");
    if (!loop.wait(until).empty()) exchange.advance(loop.now());
  }
}

// What the daemon weighs as well: the kernel's accept queue, sampled while our own connection may
// still wait in it. An answer that comes meanwhile is taken.
probe::Evidence look_at_queue(net::Exchange& exchange, net::EventLoop& loop) {
  try {
    net::ListenQueues queues;  // of which the loop is woken, so that it must live longer
    queues.watch(exchange.address());
    queues.refresh([&loop] { loop.wake(); });
    drive(exchange, loop, loop.now() + kMaxQueueLook, [&] { return queues.table() != nullptr; });
    const auto sample = queues.table();
    if (sample == nullptr) return {};
    return {.listen_queue = sample->find(exchange.address())};
  } catch (const std::system_error&) {
    return {};  // without a thread for it the queue is unreadable, and the time-out stays one
  }
}

probe::Evidence exchange_until(net::Exchange& exchange, base::TimePoint deadline, OneShot& shot) {
  net::EventLoop loop;
  probe::Evidence evidence;
  exchange.start(loop.now());
  drive(exchange, loop, deadline, [] { return false; });
  if (!exchange.is_finished()) evidence = look_at_queue(exchange, loop);
  if (exchange.is_finished() && exchange.ended_by_own_shortage())
    throw std::runtime_error(
        "no free descriptor or kernel memory; raise ulimit -n, or free memory");
  shot.received = fastcgi::describe_records(exchange.received());
  shot.attempt = exchange.is_finished() ? exchange.take_attempt() : exchange.timed_out(loop.now());
  return evidence;
}

}  // namespace

OneShot probe_once(const base::Address& address, const probe::Check& check,
                   base::Duration timeout) {
  OneShot shot;
  probe::Evidence evidence;
  const base::TimePoint start = base::Clock::now();
  shot.sent = fastcgi::describe_records(check.request());
  auto addresses = resolve_once(address, start + timeout);
  if (!addresses) {
    shot.attempt = not_resolved(addresses.error());
  } else {
    const base::TimePoint resolved = base::Clock::now();
    net::Exchange exchange({.addresses = std::make_shared<const std::vector<base::SocketAddress>>(
                                std::move(addresses).value()),
                            .request = std::make_shared<const std::string>(check.request()),
                            .resolve_time = resolved - start,
                            .kept_bytes = net::kMaxTranscriptBytes},
                           resolved);
    evidence = exchange_until(exchange, start + timeout, shot);
  }
  shot.verdict = probe::judge(shot.attempt, check, evidence);
  return shot;
}

}  // namespace app
