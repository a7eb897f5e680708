// A probe that somebody waits for: how long it may take, and what came of it. Values; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "probe/attempt.h"
#include "probe/check.h"
#include "probe/conversation.h"
#include "probe/evidence.h"

namespace probe {

// One check of it, as it ended.
struct CheckReport {
  std::string check;
  bool decides = true;  // as for the health of a target
  Attempt attempt;
  Verdict verdict;
  bool is_joined = false;  // the exchange was under way already, for somebody else
  bool at_status_address = false;
  Conversation conversation;  // of an exchange of its own
  AnswerShown answer_shown = AnswerShown::whole;
};

struct OneShotReport {
  enum class End : std::uint8_t {
    judged,
    refused,        // not allowed to ask there: `problem`
    no_descriptor,  // we have none free, which says nothing about the responder
    stopping,       // the exporter ends
  };
  End end = End::judged;
  std::string problem;
  std::vector<CheckReport> checks;     // those that were asked, in their order
  std::vector<std::string> not_asked;  // names of the others: there was no time, or no sense in it
  bool misses_a_decider = false;       // one of those decides
  base::Duration limit{};              // how long it might have taken
  base::Duration elapsed{};
  std::optional<ListenQueue> listen_queue;  // the kernel's, of the address itself
};

// Every check that decides was asked and passed.
bool is_success(const OneShotReport& report);
// The check that says why: the first failed one of those that decide, else the first that does;
// null when none was asked.
const CheckReport* explaining_check(const OneShotReport& report);

// How long it may take: each check its module's timeout, and all of them no longer than the caller
// waits, less `offset` for the way back, but at least half of that. Nothing: it waits for ever.
base::Duration one_shot_limit(std::size_t checks, base::Duration timeout,
                              std::optional<base::Duration> caller_waits, base::Duration offset);

}  // namespace probe
