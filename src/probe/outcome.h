// Every way a probe can end. To add one: one enum value and one row in outcome.cc. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace probe {

enum class Outcome : std::uint8_t {
  pass,
  resolve_failed,
  refused,
  no_socket,
  unreachable,
  permission_denied,
  backlog_full,
  connect_timeout,
  response_timeout,
  closed_without_answer,
  closed_early,
  send_error,
  overloaded,
  server_busy,
  protocol_error,
  not_fastcgi,
  cannot_multiplex,
  unknown_role,
  response_too_large,
  not_found,
  access_denied,
  bad_status,
  app_status,
  mismatch,
  bad_status_page,
};
inline constexpr std::size_t kOutcomeCount = 25;

// The label `reason` of fastcgi_probe_failures_total.
enum class Reason : std::uint8_t {
  resolve,
  connect,
  timeout,
  closed,
  protocol,
  overloaded,
  status,
  mismatch
};
inline constexpr std::size_t kReasonCount = 8;

// busy: the responder lives but has no worker free. dead (below): proof that nobody serves.
enum class OutcomeClass : std::uint8_t { pass, busy, fail };

struct OutcomeInfo {
  Outcome outcome;
  std::string_view label;
  Reason reason;  // meaningless for pass
  OutcomeClass
      outcome_class;  // what it is without evidence; judge() may say otherwise for the two timeouts
  bool dead;
  std::string_view sentence;  // for people: what happened and what to do
};

const std::array<OutcomeInfo, kOutcomeCount>& outcomes();  // in the enum's order
const OutcomeInfo& info(Outcome outcome);
std::string_view label(Outcome outcome);
std::string_view label(Reason reason);
std::string_view label(OutcomeClass outcome_class);

// An END_REQUEST came, whatever it said: somebody serves at the address.
bool is_whole_answer(Outcome outcome);

}  // namespace probe
