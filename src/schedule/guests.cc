#include "schedule/guests.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>

#include "probe/judge.h"
#include "probe/wording.h"

namespace schedule {
namespace {

std::string place_of(const base::Address& address, bool is_script) {
  return (is_script ? "script " : "") + address.text();
}

}  // namespace

Guests::Room::Room(const Surroundings& around, net::ListenQueues& queues,
                   const base::Address& asked, SeatKey key)
    : address(asked), name(address.text()), connection(around, name, address, key), queue(queues) {}

Guests::Guests(const Surroundings& around, net::ListenQueues& queues, Host host)
    : around_(around), queues_(queues), host_(std::move(host)) {}

void Guests::ask(GuestRequest request) {
  const base::TimePoint now = base::Clock::now();
  GuestRun::Waiter waiter{request.asked, request.limit, std::move(request.done)};
  Run*& run = runs_by_question_[request.question.key];
  const bool is_new = run == nullptr;
  if (is_new) {
    const RunKey key = next_run_++;
    auto made = std::make_unique<Run>(key, std::move(request.question));
    run = made.get();
    runs_.emplace(key, std::move(made));
  } else if (std::exchange(run->is_unattended, false)) {
    --unattended_;
    run->guest.forget_reports();
    run->check_deadline = now + run->guest.plan().timeout;
    run->has_asked_for_evidence = false;
  }
  run->guest.add(std::move(waiter));
  if (is_stopped_) {
    run->guest.answer_all(probe::OneShotReport::End::stopping, "", now);
    return remove(*run);
  }
  is_new ? sit_down(*run) : arm(*run);
}

void Guests::stop() {
  is_stopped_ = true;
  for (auto& [key, run] : runs_) {
    run->guest.answer_all(probe::OneShotReport::End::stopping, "", base::Clock::now());
  }
  homeless_.clear();
  seats_.clear();
  rooms_.clear();
  runs_by_question_.clear();
  runs_.clear();
}

// The same connection as the lane's, where one asks there.
Guests::Seat& Guests::seat_for(const Run& run, SeatKey& key) {
  const base::Address& address = run.guest.address();
  const std::string place = place_of(address, false);
  const auto [first, last] = lanes_.equal_range(place_of(address, is_script(run.guest.check())));
  const auto lane = first == last ? lanes_.find(place) : first;
  if (lane != lanes_.end()) {
    key = lane->second;
    for (auto each = first; each != last; ++each) {
      const WatchedTarget* const target = host_.find(each->second);
      if (target != nullptr && target->plan == run.guest.question().plan) key = each->second;
    }
    return seats_[key];
  }
  const auto [known, is_new] = rooms_.try_emplace(place, next_room_);
  key = known->second;
  Seat& seat = seats_[key];
  if (is_new) {
    ++next_room_;
    seat.address = place;
    seat.room = std::make_unique<Room>(around_, queues_, address, key);
  }
  return seat;
}

Guests::Seat* Guests::find(SeatKey key) {
  const auto found = seats_.find(key);
  return found == seats_.end() ? nullptr : &found->second;
}

Lane* Guests::lane_at(SeatKey key) const {
  if (is_room(key)) return nullptr;
  WatchedTarget* const target = host_.find(key);
  return target == nullptr ? nullptr : &target->lane(key);
}

ProbeConnection& Guests::connection_at(SeatKey key) {
  Lane* const lane = lane_at(key);
  return lane != nullptr ? lane->connection : find(key)->room->connection;
}

WatchedQueue& Guests::queue_at(SeatKey key) {
  Lane* const lane = lane_at(key);
  return lane != nullptr ? lane->queue : find(key)->room->queue;
}

bool Guests::is_free(SeatKey key) {
  if (find(key)->holder != nullptr) return false;
  const Lane* const lane = lane_at(key);
  return lane == nullptr || (lane->runner.is_idle() && !is_lane_being_judged_);
}

bool Guests::may_join(const Run& run) const {
  const Lane* const lane = lane_at(run.seat);
  return lane != nullptr && host_.find(run.seat)->plan == run.guest.question().plan &&
         lane->runner.is_asking() && lane->runner.check_index() == run.guest.check_index();
}

void Guests::sit_down(Run& run) {
  Seat& seat = seat_for(run, run.seat);
  run.state = may_join(run) ? Run::State::joined : Run::State::waiting;
  run.check_deadline = run.guest.check_deadline(base::Clock::now());
  run.has_asked_for_evidence = false;
  seat.others.push_back(&run);
  arm(run);
  serve(run.seat);
}

// Gives up its place; its exchange, if it has one, is closed or was somebody else's.
void Guests::stand_up(Run& run) {
  Seat* const seat = find(run.seat);
  if (seat == nullptr) return;
  if (seat->holder == &run) seat->holder = nullptr;
  std::erase(seat->others, &run);
  run.yield_at = base::TimePoint::max();
}

void Guests::serve(SeatKey key) {
  while (Seat* const seat = find(key)) {
    const auto next = std::ranges::find(seat->others, Run::State::waiting, &Run::state);
    if (next == seat->others.end() || !is_free(key)) return;
    begin(**next);
  }
}

// The lane first: its beat has waited for this.
void Guests::release(SeatKey key) {
  Seat* seat = find(key);
  if (seat == nullptr || seat->holder != nullptr) return;
  if (std::exchange(seat->lane_waits, false)) host_.begin_now(key);
  serve(key);
  seat = find(key);
  if (seat == nullptr || seat->holder != nullptr || !seat->others.empty()) return;
  if (seat->room) rooms_.erase(seat->address);
  seats_.erase(key);
}

void Guests::begin(Run& run) {
  const base::TimePoint now = base::Clock::now();
  Seat& seat = *find(run.seat);
  std::erase(seat.others, &run);
  seat.holder = &run;
  run.state = Run::State::asking;
  run.began = now;
  run.is_left_over = false;
  run.check_deadline = run.guest.check_deadline(now);
  ProbeConnection& connection = connection_at(run.seat);
  if (seat.room) {
    const std::string reason = take_to(run, connection);
    if (!reason.empty()) {
      run.guest.answer_all(probe::OneShotReport::End::refused, reason, now);
      return leave(run);
    }
  }
  const auto progress = connection.begin(run.guest.check(), run.guest.check_name(), now);
  progressed(run.seat, progress, now);
}

bool Guests::progressed(SeatKey key, ProbeConnection::Progress progress, base::TimePoint now) {
  if (seats_.empty()) return false;  // as nearly always
  Seat* const seat = find(key);
  if (seat == nullptr || seat->holder == nullptr) return false;
  Run& run = *seat->holder;
  queue_at(key).follow(connection_at(key).asked_address());
  switch (progress) {
    case ProbeConnection::Progress::under_way:
      arm(run);
      break;
    case ProbeConnection::Progress::finished:
      ended(run);
      break;
    case ProbeConnection::Progress::no_descriptor:
      run.guest.answer_all(probe::OneShotReport::End::no_descriptor, "", now);
      leave(run);
      break;
  }
  return true;
}

void Guests::on_socket(SeatKey room) {
  const base::TimePoint now = base::Clock::now();
  if (find(room) != nullptr) progressed(room, connection_at(room).advance(now), now);
}

void Guests::on_name(SeatKey room) {
  const base::TimePoint now = base::Clock::now();
  if (find(room) != nullptr) progressed(room, connection_at(room).name_known(now), now);
}

// Where this guest may go. The text says why not. A path is asked as it is without symbolic links,
// so that what was allowed is what is connected to.
std::string Guests::take_to(const Run& run, ProbeConnection& connection) const {
  const auto& permission = run.guest.question().permission;
  const base::Address& address = run.guest.address();
  if (!permission) return "";
  connection.restrict_to(permission->address);
  if (!address.path.starts_with('/')) return "";
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(address.path.c_str(), nullptr),
                                                         std::free);
  if (real == nullptr) return "";  // connecting fails, too, and says why
  if (!permission->path(real.get())) return address.path + " leads to " + real.get();
  const auto there = base::socket_address(
      {.transport = base::Transport::unix_socket, .path = std::string(real.get())});
  if (there) connection.ask_at(*there);
  return "";
}

void Guests::ended(Run& run) {
  ProbeConnection& connection = connection_at(run.seat);
  const SeatKey key = run.seat;
  probe::Attempt attempt = connection.attempt();
  if (!connection.refused().empty()) {
    run.guest.answer_all(probe::OneShotReport::End::refused, connection.refused(),
                         base::Clock::now());
    return leave(run);
  }
  if (run.is_left_over) {
    if (!run.guest.has_waiters()) return leave(run);
    stand_up(run);
    run.guest.start_over();
    release(key);
    return sit_down(run);
  }
  probe::CheckReport report = report_of(run, std::move(attempt), evidence_at(run));
  settle(run, std::move(report));
}

// The check in turn has ended: the next one, or the answer.
void Guests::settle(Run& run, probe::CheckReport report) {
  const SeatKey key = run.seat;
  stand_up(run);
  const bool goes_on = run.guest.settle(std::move(report));
  if (goes_on) {
    if (find(key)->lane_waits) release(key);
    sit_down(run);
    return release(key);  // unless it sits there again
  }
  run.guest.answer_all(base::Clock::now(), nullptr);
  remove(run);
  release(key);
}

// Nobody waits for it any more. A request that the pool has taken in is left there as a lane's
// would be: without us, a worker would still serve it.
void Guests::leave(Run& run) {
  const SeatKey key = run.seat;
  if (run.state == Run::State::asking) {
    ProbeConnection& connection = connection_at(key);
    const bool stays = connection.is_connected() && unattended_ < kMaxUnattendedGuests;
    if (stays) {
      ++unattended_;
      run.is_unattended = true;
      const TargetPlan& plan = run.guest.plan();
      if (!std::exchange(run.is_left_over, true)) {
        run.abandon_at = run.began + std::max(plan.timeout, plan.abandon_after);
      }
      return arm(run);
    }
    connection.close();
  }
  stand_up(run);
  remove(run);
  release(key);
}

void Guests::remove(Run& run) {
  if (run.is_unattended) --unattended_;
  timers_.cancel(run.key);
  std::erase(homeless_, &run);
  runs_by_question_.erase(run.guest.question().key);
  runs_.erase(run.key);
}

}  // namespace schedule
