#include "attempts.h"

#include <array>
#include <cerrno>

namespace fuzz {
namespace {

constexpr std::array kErrors = {0,         ECONNREFUSED, ENOENT,     EACCES,     EAGAIN,
                                ETIMEDOUT, EPIPE,        ECONNRESET, EPROTOTYPE, EHOSTUNREACH};

constexpr std::array kBodies = {
    "pong", "closed for today", "",
    R"({"pool":"www","process manager":"static","start time":1,"start since":1,)"
    R"("accepted conn":1,"listen queue":0,"max listen queue":0,"listen queue len":0,)"
    R"("idle processes":0,"active processes":1,"total processes":1,"max active processes":1,)"
    R"("max children reached":0,"slow requests":0})",
    R"({"pool":"api","process manager":"dynamic","start time":1,"start since":1,)"
    R"("accepted conn":1,"listen queue":0,"max listen queue":0,"listen queue len":0,)"
    R"("idle processes":3,"active processes":1,"total processes":4,"max active processes":1,)"
    R"("max children reached":0,"slow requests":0})"};

void fill_answer(Script& script, probe::Attempt& attempt) {
  attempt.response.body = kBodies[script.below(kBodies.size())];
  attempt.response.protocol_status =
      static_cast<fastcgi::ProtocolStatus>(script.flag() ? 0 : script.below(5));
  attempt.response.status = script.flag() ? 200 : static_cast<int>(100 + 2 * script.byte());
  attempt.response.app_status = script.below(4) == 0 ? 1 : 0;
  attempt.bytes_received = 100;
}

}  // namespace

probe::Attempt attempt_from(Script& script) {
  probe::Attempt attempt;
  attempt.end = static_cast<probe::End>(script.below(7));
  attempt.reached = static_cast<probe::Phase>(script.below(probe::kPhaseCount));
  attempt.elapsed = std::chrono::milliseconds(script.byte());
  attempt.response.stderr_bytes = script.below(4);
  switch (attempt.end) {
    case probe::End::answered:
      fill_answer(script, attempt);
      break;
    case probe::End::connect_failed:
    case probe::End::closed:
    case probe::End::send_failed:
      attempt.error_number = kErrors[script.below(kErrors.size())];
      attempt.bytes_received = script.below(3);
      break;
    case probe::End::malformed:
      attempt.progress = static_cast<fastcgi::Progress>(2 + script.below(3));
      break;
    case probe::End::resolve_failed:
    case probe::End::timed_out:
      break;
  }
  return attempt;
}

}  // namespace fuzz
