#include "metrics/sample_fleet.h"

#include <string>
#include <utility>

#include "exposition/label_text.h"

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
  if (name.starts_with("pool")) identity.max_children = 20;
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

Record pool_target() {
  const Record record = record_of("pool-1", "tcp://10.0.0.8:9000", {"status"});
  round(record, Outcome::pass, OutcomeClass::pass, seconds(1));
  note_page(*record, sample_status_page(), seconds(1));
  record->update([](state::TargetStatus& status) { status.pool.parse_warnings = 15; });
  return record;
}

Record unix_pool_target() {
  const Record record = record_of("pool-2", "unix:/run/php/pool.sock", {"status"});
  round(record, Outcome::pass, OutcomeClass::pass, seconds(1));
  phpfpm::StatusPage page = sample_status_page();
  page.pool = "say \"shop\"";
  page.listen_queue = page.listen_queue_peak = page.listen_queue_limit = 0;
  page.memory_peak_bytes.reset();
  page.summary.reset();
  page.processes.clear();
  note_page(*record, std::move(page), seconds(1));
  record->update([](state::TargetStatus& status) {
    status.listen_queue = probe::ListenQueue{.length = 2, .limit = 511};
  });
  return record;
}

Record old_pool_target() {
  const Record record = record_of("pool-3", "tcp://10.0.0.9:9000", {"status"});
  round(record, Outcome::pass, OutcomeClass::pass, seconds(40));
  round(record, Outcome::response_timeout, OutcomeClass::fail, seconds(1));
  note_page(*record, sample_status_page(), seconds(40));
  return record;
}

}  // namespace

phpfpm::StatusPage sample_status_page() {
  using State = phpfpm::ProcessState;
  phpfpm::StatusPage page;
  page.pool = "www";
  page.process_manager = "dynamic";
  page.start_time = 1'759'990'001;
  page.start_since = 9'999;
  page.accepted_connections = 9'007'199'254'740'993;  // a double would lose the last unit
  page.listen_queue = 4;
  page.listen_queue_peak = 6;
  page.listen_queue_limit = 128;
  page.idle_processes = 2;
  page.active_processes = 3;
  page.total_processes = 5;
  page.active_processes_peak = 7;
  page.max_children_reached = 8;
  page.slow_requests = 9;
  page.memory_peak_bytes = 2'097'152;
  page.summary = phpfpm::ProcessSummary{{10, 11, 12, 13, 14, 15, 16, 17}, 1'500'000};
  page.processes = {{.state = State::idle,
                     .start_time = 1'759'990'002,
                     .requests = 100,
                     .request_duration_us = 1'250,
                     .last_request_cpu_percent = 25.5,
                     .last_request_memory_bytes = 1'048'576},
                    {.state = State::running,
                     .start_time = 1'759'990'003,
                     .requests = 200,
                     .request_duration_us = 2'500'000,
                     .last_request_cpu_percent = 0,
                     .last_request_memory_bytes = 0}};
  return page;
}

void note_page(state::TargetRecord& record, phpfpm::StatusPage page, base::Duration ago) {
  std::string label_text;
  exposition::append_label(label_text, "pool", page.pool);
  record.update([&](state::TargetStatus& status) {
    status.pool.name = std::make_shared<const std::string>(page.pool);
    status.pool.label_text = std::make_shared<const std::string>(std::move(label_text));
    status.pool.page = std::make_shared<const phpfpm::StatusPage>(std::move(page));
    status.pool.taken = kNow - ago;
  });
}

state::TargetSet sample_fleet() {
  return state::TargetSet({up_target(), down_target(), saturated_target(), stale_target(),
                           pool_target(), unix_pool_target(), old_pool_target(),
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
