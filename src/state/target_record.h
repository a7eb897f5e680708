// What is known about one target: an identity that never changes, and a status that its worker
// changes in place.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/mutex.h"
#include "base/time.h"
#include "exposition/script_output.h"
#include "phpfpm/status_page.h"
#include "probe/attempt.h"
#include "probe/evidence.h"
#include "probe/health.h"
#include "probe/outcome.h"
#include "probe/ready.h"
#include "state/histogram.h"
#include "state/history.h"

namespace state {

inline constexpr std::size_t kMaxLabelTextBytes = 2 << 10;  // label text of a target

// Immutable after construction.
struct TargetIdentity {
  std::string name;
  base::Address address;
  std::string module;
  std::string source;  // "config", "flag", "environment", ...
  std::vector<std::pair<std::string, std::string>>
      labels;                                   // static, from the configuration, sorted by name
  std::vector<std::string> checks;              // names; the index is the check's index below
  std::vector<base::Duration> check_intervals;  // as `checks`, of their own; 0: the target's
  base::Duration stale_after = std::chrono::seconds(30);  // readings older than this are not shown
  std::optional<std::uint32_t> max_children;  // of the pool, where the configuration says
  std::string pool;                           // its name, where the configuration says
  probe::ReadyRules ready;
  std::string scrape_uri;                // as hipages/php-fpm_exporter was told it; else empty
  std::shared_ptr<const Bounds> bounds;  // of the duration histogram; null: the default ones

  // Ready for the page, escaped; computed by TargetRecord.
  std::string label_text;                      // target="NAME",label="value",...
  std::vector<std::string> check_label_texts;  // check="NAME", as `checks`
};

// False when the label text would pass kMaxLabelTextBytes. Whoever brings in labels refuses such a
// target: on the page its longer lines would be missing.
bool label_text_fits(const TargetIdentity& identity);

// The label `reason` of fastcgi_probes_skipped_total.
enum class Skip : std::uint8_t { outstanding, backoff, limit, missed };
inline constexpr std::size_t kSkipCount = 4;
std::string_view label(Skip skip);

struct CheckStatus {
  std::uint64_t planned = 0;  // beats; = probes + skipped, plus one while a probe is not yet judged
  std::uint64_t probes = 0;   // judged; = passes + the sum of failures
  std::uint64_t passes = 0;
  std::array<std::uint64_t, probe::kReasonCount> failures{};
  std::array<std::uint64_t, kSkipCount> skipped{};
  std::uint64_t retries = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t late_answers = 0;
  std::uint64_t stderr_bytes = 0;
  Histogram durations;
  std::optional<probe::Outcome> last_outcome;  // nothing before the first verdict
  // These two and last_detail are the verdict's, until newer evidence about a probe that is still
  // unanswered says otherwise; last_outcome stays what was counted.
  probe::OutcomeClass last_class = probe::OutcomeClass::pass;
  bool last_dead = false;
  probe::Phases last_phases{};
  base::WallTime last_time{};
  std::shared_ptr<const std::string> last_detail;                 // for people; may be null
  std::shared_ptr<const exposition::ScriptOutput> script_output;  // the last good one; may be null
  base::TimePoint script_output_taken{};
};

// What the pool's status page said last, whoever was asked for it.
struct PoolStatus {
  std::shared_ptr<const phpfpm::StatusPage> page;  // null before the first
  base::TimePoint taken{};
  // As configured, else the first name learned, until the restart: an identity must not change with
  // the answers.
  std::shared_ptr<const std::string> name;
  std::shared_ptr<const std::string> label_text;  // pool="NAME"; null before the first page
  std::uint64_t parse_warnings = 0;               // of all pages
  bool asked_pool_itself = true;  // not its status address: one of the active processes answers us

  // A page of a pool of another name is kept, and counts as a warning.
  void keep(std::shared_ptr<const phpfpm::StatusPage> page_read, base::TimePoint now);
};

struct TargetStatus {
  std::vector<CheckStatus> checks;  // as TargetIdentity::checks, fixed size
  probe::HealthTracker health;
  base::WallTime last_probe{};  // of the last finished round; default: never
  base::WallTime last_success{};
  std::optional<probe::ListenQueue> listen_queue;  // the kernel's; nothing where it cannot be read
  bool has_own_entry =
      false;  // an unanswered exchange of ours is open: one of those waiting may be it
  PoolStatus pool;
  std::size_t deciding_check = 0;  // whose outcome explains the health
};

class TargetRecord {
 public:
  // Fills in what `identity` leaves to be computed, and 0 for intervals that it does not name;
  // `initial.checks` becomes one per check.
  TargetRecord(TargetIdentity identity, TargetStatus initial);

  const TargetIdentity& identity() const { return identity_; }

  // Only the target's worker. `change(status)` runs under the lock: keep it to numbers and pointer
  // swaps. A round that it ends goes into the history.
  template <typename Change>
  void update(Change&& change) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    change(status_);
    if (status_.health.last_round() != noted_round_) note_round();
  }
  // Any thread; into `out`, so that a walk over 10,000 records reuses its memory.
  void copy_to(TargetStatus& out) const EXCLUDES(mutex_);
  // What sorting and counting 10,000 targets needs of each; and what only a page about one does.
  probe::HealthTracker health() const EXCLUDES(mutex_);
  History history() const EXCLUDES(mutex_);

 private:
  void note_round() REQUIRES(mutex_);

  const TargetIdentity identity_;
  mutable base::Mutex mutex_;
  TargetStatus status_ GUARDED_BY(mutex_);
  History history_ GUARDED_BY(mutex_);
  std::optional<base::TimePoint> noted_round_ GUARDED_BY(mutex_);  // the last in history_
  base::WallTime noted_probe_ GUARDED_BY(mutex_){};  // CheckStatus::last_time of what decided it
};

// With a fresh status: nothing probed yet, every counter at 0.
std::shared_ptr<TargetRecord> make_record(TargetIdentity identity, probe::HealthRules rules,
                                          base::TimePoint now);

}  // namespace state
