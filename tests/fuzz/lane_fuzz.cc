// A lane of a target in made-up time, with every event at any moment: a worker that comes on time
// or is held up, exchanges that end in every way, evidence that comes and goes. After each event
// the counts of the record add up, and the rules of probing hold. An input is a plan and then
// events.
#include <cstdint>
#include <string_view>

#include "fuzzing.h"
#include "simulated_lane.h"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMaxEvents = 300;

schedule::TargetWish wish_from(fuzz::Script& script) {
  constexpr milliseconds kTimes[] = {milliseconds(50), milliseconds(500), milliseconds(1000),
                                     milliseconds(3000)};
  schedule::TargetWish wish;
  wish.interval = kTimes[script.below(4)];
  wish.timeout = kTimes[script.below(4)];
  wish.abandon_after = wish.timeout + seconds(script.below(8));
  wish.stale_after = wish.interval + seconds(script.below(60));
  wish.health.rise = 1 + static_cast<int>(script.below(3));
  wish.health.fall = 1 + static_cast<int>(script.below(3));
  wish.health.wedged_after = seconds(script.below(20));
  return wish;
}

// What belongs to the lane that is played; the pool has one to three checks.
schedule::LaneRunner::Asks add_checks(fuzz::Script& script, schedule::TargetWish& wish) {
  using Asks = schedule::LaneRunner::Asks;
  const bool decides = script.flag();
  switch (script.below(5)) {
    case 0:
      wish.checks.push_back({.name = "status",
                             .decides_health = false,
                             .asks_status_address = true,
                             .kind = "status"});
      return Asks::status_address;
    case 1:
      wish.checks.push_back({.name = "script",
                             .decides_health = false,
                             .interval = seconds(5),
                             .answers_at_once = false});
      return Asks::script;
    case 2:
      wish.checks.push_back({.name = "rare", .decides_health = false, .interval = seconds(4)});
      [[fallthrough]];
    case 3:
      wish.checks.push_back({.name = "status", .decides_health = decides, .kind = "status"});
      [[fallthrough]];
    default:
      return Asks::pool;
  }
}

probe::Evidence evidence_from(fuzz::Script& script) {
  constexpr std::uint32_t kLengths[] = {0, 1, 8};
  probe::Evidence evidence;
  const unsigned queue = script.below(4);
  if (queue < 3) evidence.listen_queue = probe::ListenQueue{.length = kLengths[queue], .limit = 8};
  evidence.status_address = static_cast<probe::StatusAddressAnswer>(script.below(5));
  return evidence;
}

void happen(fuzz::Script& script, fuzz::SimulatedLane& lane) {
  switch (script.below(8)) {
    case 0:
      return lane.come_on_time();
    case 1:
      return lane.pass_time(milliseconds(script.byte()));
    case 2:
      return lane.pass_time(seconds(script.below(80)));
    case 3:
      return lane.end_exchange(fuzz::attempt_from(script));
    case 4:
      return lane.learn(evidence_from(script));
    case 5:
      return lane.fresh_evidence_comes();
    case 6:
      return lane.lacks_descriptor();
    case 7:
      return lane.hold_back(script.flag());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Script script(fuzz::text_of(data, size));
  schedule::TargetWish wish = wish_from(script);
  const auto asks = add_checks(script, wish);
  if (asks != schedule::LaneRunner::Asks::pool) {
    wish.status_address = *base::parse_address("127.0.0.1:9001");
  }
  fuzz::SimulatedLane lane(wish, asks, script.flag());
  for (int i = 0; i < kMaxEvents && !script.is_over(); ++i) {
    happen(script, lane);
    lane.settle();
  }
  lane.drop();
  return 0;
}
