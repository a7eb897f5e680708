#include "probe/judge.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "probe/wording.h"

namespace probe {
namespace {

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

std::string peer(const Attempt& attempt) {
  return attempt.address.size == 0 ? "the responder" : base::text(attempt.address);
}

std::string with_problem(std::string text, const Attempt& attempt) {
  if (!attempt.problem.empty()) text += ": " + attempt.problem;
  return text;
}

// "in 2.00 s (connect 0.1 ms, wait 2.00 s)": where the time went. `elapsed` leaves out the look-up,
// which may be all there was.
std::string time_spent(const Attempt& attempt) {
  std::string phases;
  base::Duration sum{};
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    if (attempt.phases[i] <= base::Duration::zero()) continue;
    sum += attempt.phases[i];
    if (!phases.empty()) phases += ", ";
    phases += std::string(label(static_cast<Phase>(i))) + ' ' + readable(attempt.phases[i]);
  }
  const std::string total = "in " + readable(std::max(attempt.elapsed, sum));
  return phases.empty() ? total : total + " (" + phases + ')';
}

Verdict judge_resolve_failure(const Attempt& attempt) {
  return make_verdict(Outcome::resolve_failed,
                      attempt.problem.empty() ? "no address was found" : attempt.problem);
}

Outcome outcome_of_connect_error(int error_number) {
  switch (error_number) {
    case ECONNREFUSED:
      return Outcome::refused;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return Outcome::no_socket;
    case EACCES:
    case EPERM:
      return Outcome::permission_denied;
    case EAGAIN:  // a unix socket never says EINPROGRESS: this is its full backlog
      return Outcome::backlog_full;
    case ETIMEDOUT:
      return Outcome::connect_timeout;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Outcome::closed_without_answer;
    case EPROTOTYPE:  // a datagram socket lives at the path
      return Outcome::not_fastcgi;
    default:  // routes, interfaces, address families, local ports: nothing that says who serves
              // there
      return Outcome::unreachable;
  }
}

Verdict judge_connect_error(const Attempt& attempt) {
  return make_verdict(
      outcome_of_connect_error(attempt.error_number),
      with_problem("connect to " + peer(attempt) + ": " + error_text(attempt.error_number),
                   attempt));
}

std::string queue_text(const ListenQueue& queue) {
  return std::to_string(queue.length) + " waiting in the listen queue, limit " +
         std::to_string(queue.limit);
}

// A backlog of N holds N + 1, and the queue may have lost an entry since our packets were dropped.
bool is_full(const ListenQueue& queue) {
  return queue.length > 0 && queue.length >= queue.limit;
}

constexpr const char* kNoIdleWorker = "; the status address says that no worker is idle";

Verdict judge_connect_timeout(const Attempt& attempt, const Evidence& evidence) {
  std::string detail = "no connection to " + peer(attempt) + ' ' + time_spent(attempt);
  if (evidence.listen_queue) detail += "; " + queue_text(*evidence.listen_queue);
  if (evidence.status_address == StatusAddressAnswer::no_idle_worker) detail += kNoIdleWorker;
  Verdict verdict = make_verdict(Outcome::connect_timeout, detail);
  const bool is_busy = evidence.status_address == StatusAddressAnswer::no_idle_worker ||
                       (evidence.listen_queue && is_full(*evidence.listen_queue));
  if (is_busy) {
    verdict.outcome_class = OutcomeClass::busy;
  }
  return verdict;
}

// What a silence means, and why we think so.
struct Silence {
  OutcomeClass outcome_class = OutcomeClass::fail;
  bool dead = false;
  std::string why;
};

Silence weigh_listen_queue(const std::optional<ListenQueue>& queue) {
  if (!queue) {
    return {OutcomeClass::fail, false, "the listen queue cannot be read from here: busy or dead"};
  }
  // Our own connection counts: nobody has taken it from the queue.
  if (queue->length > 0)
    return {OutcomeClass::busy, false, queue_text(*queue) + ": no worker is free"};
  return {OutcomeClass::fail, true,
          "the listen queue is empty: a worker took the request and is silent"};
}

Silence weigh_silence(const Evidence& evidence) {
  switch (evidence.status_address) {
    case StatusAddressAnswer::no_idle_worker:
      return {OutcomeClass::busy, false, "the status address says that no worker is idle"};
    case StatusAddressAnswer::idle_worker:
      return {OutcomeClass::fail, true, "the status address shows idle workers, yet none answers"};
    case StatusAddressAnswer::timed_out:
      return {OutcomeClass::fail, true, "the status address is silent, too"};
    case StatusAddressAnswer::not_configured:
    case StatusAddressAnswer::unusable:
      return weigh_listen_queue(evidence.listen_queue);
  }
  std::abort();
}

Verdict judge_response_timeout(const Attempt& attempt, const Evidence& evidence) {
  Silence silence = weigh_silence(evidence);
  std::string came = "no answer from ";
  if (attempt.bytes_received > 0) {
    came = "only " + byte_count(attempt.bytes_received) + " of an answer from ";
    // Whoever sends bytes is slow, not dead.
    if (silence.dead) silence = {OutcomeClass::fail, false, "a worker has begun to answer"};
  }
  Verdict verdict =
      make_verdict(Outcome::response_timeout,
                   came + peer(attempt) + ' ' + time_spent(attempt) + "; " + silence.why);
  verdict.outcome_class = silence.outcome_class;
  verdict.dead = silence.dead;
  return verdict;
}

Verdict judge_timeout(const Attempt& attempt, const Evidence& evidence) {
  switch (attempt.reached) {
    case Phase::resolve:
      return make_verdict(
          Outcome::resolve_failed,
          with_problem("no answer from the name servers " + time_spent(attempt), attempt));
    case Phase::connect:
      return judge_connect_timeout(attempt, evidence);
    case Phase::send:
    case Phase::wait:
    case Phase::receive:
      return judge_response_timeout(attempt, evidence);
  }
  std::abort();
}

Verdict judge_close(const Attempt& attempt) {
  const std::string how =
      attempt.error_number == 0 ? "closed the connection" : error_text(attempt.error_number);
  const std::string after = byte_count(attempt.bytes_received) + ' ' + time_spent(attempt);
  return make_verdict(
      attempt.bytes_received == 0 ? Outcome::closed_without_answer : Outcome::closed_early,
      with_problem(peer(attempt) + ": " + how + " after " + after, attempt));
}

Verdict judge_send_failure(const Attempt& attempt) {
  return make_verdict(Outcome::send_error,
                      with_problem("send to " + peer(attempt) + ": " +
                                       error_text(attempt.error_number) + ' ' + time_spent(attempt),
                                   attempt));
}

Outcome outcome_of_progress(fastcgi::Progress progress) {
  switch (progress) {
    case fastcgi::Progress::not_fastcgi:
      return Outcome::not_fastcgi;
    case fastcgi::Progress::too_large:
      return Outcome::response_too_large;
    case fastcgi::Progress::protocol_error:
    case fastcgi::Progress::need_more:
    case fastcgi::Progress::complete:
      return Outcome::protocol_error;
  }
  std::abort();
}

Verdict judge_malformed(const Attempt& attempt, const Check& check) {
  if (attempt.progress == fastcgi::Progress::too_large) {
    if (auto verdict = check.judge_beginning(attempt.response.body)) return *std::move(verdict);
  }
  return make_verdict(
      outcome_of_progress(attempt.progress),
      with_problem(peer(attempt) + ", after " + byte_count(attempt.bytes_received), attempt));
}

Verdict refused_by_protocol(Outcome outcome, std::string_view word, const Attempt& attempt) {
  std::string detail =
      peer(attempt) + " ended the request with " + std::string(word) + ' ' + time_spent(attempt);
  if (!attempt.response.stderr_text.empty()) {
    detail += "; stderr " + in_quotes(attempt.response.stderr_text);
  }
  return make_verdict(outcome, detail);
}

Verdict judge_answer(const Attempt& attempt, const Check& check) {
  using fastcgi::ProtocolStatus;
  switch (attempt.response.protocol_status) {
    case ProtocolStatus::request_complete:
      return check.judge_response(attempt.response);
    case ProtocolStatus::cannot_multiplex:
      return refused_by_protocol(Outcome::cannot_multiplex, "FCGI_CANT_MPX_CONN", attempt);
    case ProtocolStatus::overloaded:
      return refused_by_protocol(Outcome::overloaded, "FCGI_OVERLOADED", attempt);
    case ProtocolStatus::unknown_role:
      return refused_by_protocol(Outcome::unknown_role, "FCGI_UNKNOWN_ROLE", attempt);
  }
  // The peer's byte: four values have a name, the reader may let others through.
  return refused_by_protocol(
      Outcome::protocol_error,
      "protocol status " + std::to_string(static_cast<unsigned>(attempt.response.protocol_status)),
      attempt);
}

}  // namespace

Verdict judge(const Attempt& attempt, const Check& check, const Evidence& evidence) {
  switch (attempt.end) {
    case End::answered:
      return judge_answer(attempt, check);
    case End::resolve_failed:
      return judge_resolve_failure(attempt);
    case End::connect_failed:
      return judge_connect_error(attempt);
    case End::timed_out:
      return judge_timeout(attempt, evidence);
    case End::closed:
      return judge_close(attempt);
    case End::send_failed:
      return judge_send_failure(attempt);
    case End::malformed:
      return judge_malformed(attempt, check);
  }
  std::abort();
}

}  // namespace probe
