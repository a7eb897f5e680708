#include "metrics/sample_fleet.h"

#include <string>
#include <utility>

namespace metrics {
namespace {

using probe::Outcome;
using probe::OutcomeClass;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Record = std::shared_ptr<state::TargetRecord>;

Record record_of(std::string name, std::string address,
                 std::vector<std::string> checks = {"ping"}) {
  state::TargetIdentity identity;
  identity.name = std::move(name);
  identity.address = *base::parse_address(address);
  identity.module = "php_fpm";
  identity.source = "config";
  identity.checks = std::move(checks);
  if (identity.name == "up-1")
    identity.labels = {{"app", "say \"shop\""}, {"path", "C:\\run\nnext \u00fc"}};
  return state::make_record(std::move(identity), {.rise = 1, .fall = 1}, kNow - seconds(600));
}

// The check's last probe, as a worker would note it.
void note(state::CheckStatus& check, Outcome outcome, OutcomeClass outcome_class) {
  ++check.planned;
  ++check.probes;
  if (outcome == Outcome::pass) {
    ++check.passes;
  } else {
    ++check.failures[static_cast<std::size_t>(probe::info(outcome).reason)];
  }
  check.last_outcome = outcome;
  check.last_class = outcome_class;
}

void answered(const Record& record, std::size_t index, base::Duration took) {
  record->update([&](state::TargetStatus& status) {
    status.checks[index].durations.observe(took, *record->identity().bounds);
    status.checks[index].last_phases = {base::Duration(0), milliseconds(1), milliseconds(2),
                                        took - milliseconds(4), milliseconds(1)};
  });
}

void round(const Record& record, Outcome outcome, OutcomeClass outcome_class, base::Duration ago) {
  record->update([&](state::TargetStatus& status) {
    for (state::CheckStatus& check : status.checks) note(check, outcome, outcome_class);
    status.health.record({.outcome_class = outcome_class}, kNow - ago);
    status.last_probe = kWallNow - ago;
    if (outcome == Outcome::pass) status.last_success = kWallNow - ago;
  });
}

Record up_target() {
  const Record record = record_of("up-1", "unix:/run/php/www.sock", {"ping", "deep"});
  for (const auto took : {milliseconds(5), milliseconds(8), milliseconds(250)}) {
    round(record, Outcome::pass, OutcomeClass::pass, seconds(1));
    answered(record, 0, took);
    answered(record, 1, 2 * took);
  }
  record->update([](state::TargetStatus& status) {
    status.listen_queue = probe::ListenQueue{.length = 0, .limit = 511};
    status.checks[0].retries = 1;
    status.checks[1].stderr_bytes = 4096;
  });
  return record;
}

Record down_target() {
  const Record record = record_of("down-1", "tcp://10.0.0.7:9000");
  round(record, Outcome::pass, OutcomeClass::pass, seconds(90));
  answered(record, 0, milliseconds(20));
  for (const Outcome outcome :
       {Outcome::resolve_failed, Outcome::refused, Outcome::response_timeout,
        Outcome::response_timeout, Outcome::closed_early, Outcome::protocol_error,
        Outcome::bad_status, Outcome::bad_status}) {
    round(record, outcome, OutcomeClass::fail, seconds(5));
  }
  for (int i = 0; i < 3; ++i) {
    round(record, Outcome::mismatch, OutcomeClass::fail, seconds(2));
    answered(record, 0, milliseconds(40));
  }
  record->update([](state::TargetStatus& status) {
    status.checks[0].skipped = {4, 3, 2, 1};
    status.checks[0].late_answers = 1;
    status.checks[0].abandoned = 1;
  });
  return record;
}

Record saturated_target() {
  const Record record = record_of("saturated-1", "unix:/run/php/shop.sock");
  round(record, Outcome::backlog_full, OutcomeClass::busy, milliseconds(500));
  record->update([](state::TargetStatus& status) {
    status.listen_queue = probe::ListenQueue{.length = 128, .limit = 128};
  });
  return record;
}

Record stale_target() {
  const Record record = record_of("stale-1", "tcp://[::1]:9000");
  round(record, Outcome::pass, OutcomeClass::pass, seconds(300));
  answered(record, 0, seconds(45));
  return record;
}

}  // namespace

state::TargetSet sample_fleet() {
  return state::TargetSet({up_target(), down_target(), saturated_target(), stale_target(),
                           record_of("new-1", "unix:@abstract")});
}

state::TargetSet large_fleet(std::size_t count) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) {
    const Record record = record_of("target-" + std::to_string(i), "tcp://10.0.0.7:9000");
    round(record, Outcome::pass, OutcomeClass::pass, seconds(1));
    answered(record, 0, milliseconds(5) + base::Duration(i * 1001));
    records.push_back(record);
  }
  return state::TargetSet(std::move(records));
}

}  // namespace metrics
