#include "schedule/open_exchange.h"

#include <cerrno>

#include "probe/judge.h"

namespace schedule {

// What a worker of a pool that reloads leaves behind: the connection ended before a byte of the
// answer. Linux says so while reading (ECONNRESET; on tcp, when the worker had read the request, an
// orderly end) or already while sending (EPIPE on a unix socket).
bool is_closed_without_answer(const probe::Attempt& attempt) {
  const bool ended_by_peer = attempt.end == probe::End::closed ||
                             attempt.end == probe::End::send_failed ||
                             attempt.end == probe::End::connect_failed;
  return ended_by_peer && attempt.bytes_received == 0 &&
         (attempt.error_number == 0 || attempt.error_number == ECONNRESET ||
          attempt.error_number == EPIPE);
}

void OpenExchange::begin() {
  evidence_ = {};
  was_taken_ = false;
  judged_.reset();
}

void OpenExchange::learn(const probe::Evidence& evidence) {
  evidence_ = evidence;
  if (evidence.listen_queue && evidence.listen_queue->length == 0) was_taken_ = true;
}

bool OpenExchange::is_queued() const {
  const probe::Attempt& attempt = judged_->attempt;
  return !was_taken_ && attempt.reached >= probe::Phase::send && attempt.bytes_received == 0 &&
         evidence_.listen_queue && evidence_.listen_queue->length > 0;
}

std::optional<OpenExchange::Said> OpenExchange::say_again(base::TimePoint now) const {
  const CheckPlan& check = *judged_->check;
  if (!check.decides_health && !is_queued()) return std::nullopt;
  probe::Attempt attempt = judged_->attempt;
  attempt.elapsed += now - judged_->at;
  attempt.phases[static_cast<std::size_t>(attempt.reached)] += now - judged_->at;
  Said said{.verdict = probe::judge(attempt, *check.check, evidence_),
            .result = {.outcome_class = probe::OutcomeClass::busy}};
  if (!check.decides_health) return said;
  Round round = judged_->round;
  round.judged(judged_->index, true, said.verdict);
  if (const auto result = round.result()) said.result = *result;
  said.result.answered = false;  // whatever another check heard, the beats to come hear nothing
  return said;
}

}  // namespace schedule
