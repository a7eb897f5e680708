// The guests of one worker: what /probe asks, beside the planned probes and never in their way. The
// worker's thread alone.
//
// A guest sits where its address is asked: at the lane of a watched target, with the lane's own
// connection, or in a room of its own. At each seat one exchange is open at a time, whoever began
// it:
// - guests with the same question share one run of its checks, and those of a watched target's own
//   module share the lane's exchange of the same check, too;
// - others wait until the seat is free. While a lane's exchange is overdue, that is until it is
//   answered or given up: the pool is silent, and no request is added to what it has to do;
// - a lane whose beat comes takes over a guest's exchange of its own check. That of another check
//   may finish within kGuestGrace, and is asked again later if it does not;
// - an exchange that nobody waits for any more stays open as a lane's does, until it is answered,
//   abandoned, or the next question at this address finds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "base/timers.h"
#include "net/listen_queues.h"
#include "probe/evidence.h"
#include "probe/one_shot.h"
#include "schedule/guest_run.h"
#include "schedule/lane.h"
#include "schedule/probe_connection.h"
#include "schedule/watched_queue.h"

namespace schedule {

inline constexpr base::Duration kGuestGrace = std::chrono::milliseconds(100);
// Exchanges that nobody waits for, of a worker; one more is closed at once.
inline constexpr std::size_t kMaxUnattendedGuests = 1024;

// Of a lane, or of a room.
using SeatKey = LaneKey;

class Guests {
 public:
  // The worker that they visit; outlives them.
  struct Host {
    std::function<WatchedTarget*(LaneKey)> find;  // null: gone
    std::function<void(LaneKey)> begin_now;       // what before_begin() put off
  };
  Guests(const Surroundings& around, net::ListenQueues& queues, Host host);

  void ask(GuestRequest request);
  void stop();  // answers everybody; nobody is let in any more

  // Its own events.
  static bool is_room(SeatKey key) { return key >= kFirstRoom; }
  void on_socket(SeatKey room);
  void on_name(SeatKey room);
  std::optional<base::TimePoint> next_due() const { return timers_.next_due(); }
  void run_due(base::TimePoint now);

  // What happens at the lanes. After all lanes of a new plan have come and gone: settle_down().
  void lane_came(const Lane& lane);
  void lane_leaves(const Lane& lane);
  void settle_down();
  // False: the lane's exchange is under way already, or begins when the host is told to.
  bool before_begin(WatchedTarget& target, Lane& lane);
  // Whether what happened at the lane's connection was a guest's; then that is all.
  bool progressed(LaneKey lane, ProbeConnection::Progress progress, base::TimePoint now);
  // The lane's own exchange of `check` was judged with this.
  void lane_judged(LaneKey lane, std::size_t check, const probe::Attempt& attempt,
                   const probe::Evidence& evidence);
  void lane_moved(LaneKey lane);  // it may be free, or be asking something else

 private:
  static constexpr SeatKey kFirstRoom = SeatKey{1} << 62;

  struct Room {
    Room(const Surroundings& around, net::ListenQueues& queues, const base::Address& asked,
         SeatKey key);

    const base::Address address;
    const std::string name;  // for the log
    ProbeConnection connection;
    WatchedQueue queue;
  };

  using RunKey = std::uint64_t;
  struct Run {
    Run(RunKey key_given, GuestQuestion question) : key(key_given), guest(std::move(question)) {}

    enum class State : std::uint8_t {
      waiting,  // for the seat to be free
      asking,   // holds the seat: its exchange is open
      joined,   // of the lane's exchange of its check
    };
    const RunKey key;
    GuestRun guest;
    State state = State::waiting;
    SeatKey seat = 0;
    base::TimePoint check_deadline{};
    base::TimePoint yield_at = base::TimePoint::max();
    base::TimePoint began{};
    base::TimePoint abandon_at{};
    bool is_left_over = false;   // its exchange was asked for others, who are gone
    bool is_unattended = false;  // nobody waits for it
    bool has_asked_for_evidence = false;
  };

  struct Seat {
    std::unique_ptr<Room> room;  // null: at a lane
    std::string address;
    Run* holder = nullptr;
    std::deque<Run*> others;
    bool lane_waits = false;
  };

  // Where a run sits.
  Seat& seat_for(const Run& run, SeatKey& key);
  Seat* find(SeatKey key);
  Lane* lane_at(SeatKey key) const;
  ProbeConnection& connection_at(SeatKey key);
  WatchedQueue& queue_at(SeatKey key);
  bool is_free(SeatKey key);
  bool may_join(const Run& run) const;
  void sit_down(Run& run);
  void stand_up(Run& run);
  void serve(SeatKey key);
  void release(SeatKey key);
  void make_homeless(SeatKey key);

  void begin(Run& run);
  std::string take_to(const Run& run, ProbeConnection& connection) const;
  void ended(Run& run);
  void settle(Run& run, probe::CheckReport report);
  void leave(Run& run);
  void remove(Run& run);

  void arm(Run& run);
  base::TimePoint due(const Run& run) const;
  void on_due(Run& run, base::TimePoint now);
  void ask_for_evidence(Run& run, base::TimePoint now);
  void time_out(Run& run, base::TimePoint now);
  bool give_way(Run& run, base::TimePoint now);
  void abandon_unless_queued(Run& run, base::TimePoint now);
  probe::Evidence evidence_at(const Run& run);
  probe::CheckReport report_of(Run& run, probe::Attempt attempt, const probe::Evidence& evidence);
  probe::CheckReport unanswered(Run& run, const GuestRun::Waiter& waiter, base::TimePoint now);

  const Surroundings& around_;
  net::ListenQueues& queues_;
  const Host host_;
  bool is_stopped_ = false;
  // The worker still looks at what the lane's connection has brought.
  bool is_lane_being_judged_ = false;
  base::Timers timers_;  // by RunKey
  RunKey next_run_ = 0;
  SeatKey next_room_ = kFirstRoom;
  std::unordered_map<RunKey, std::unique_ptr<Run>> runs_;
  std::unordered_map<std::string, Run*> runs_by_question_;
  std::unordered_map<SeatKey, Seat> seats_;  // those that anybody sits at
  std::unordered_map<std::string, SeatKey> rooms_;
  std::unordered_multimap<std::string, LaneKey> lanes_;  // of the worker, by what they ask
  std::vector<Run*> homeless_;
  std::size_t unattended_ = 0;
};

}  // namespace schedule
