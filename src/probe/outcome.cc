#include "probe/outcome.h"

#include <cstdlib>

namespace probe {
namespace {

constexpr bool kDead = true;
constexpr bool kNotDead = false;

constexpr std::array<OutcomeInfo, kOutcomeCount> kOutcomes = {{
    // A pass is no failure: its reason is never shown.
    {Outcome::pass, "pass", Reason::mismatch, OutcomeClass::pass, kNotDead,
     "The responder gave the expected answer."},
    {Outcome::resolve_failed, "resolve_failed", Reason::resolve, OutcomeClass::fail, kNotDead,
     "The target's name leads to no address. Check the name in the configuration and the name "
     "servers of this machine."},
    {Outcome::refused, "refused", Reason::connect, OutcomeClass::fail, kDead,
     "Nobody listens at the address. Start the responder, or correct the target's address."},
    {Outcome::no_socket, "no_socket", Reason::connect, OutcomeClass::fail, kDead,
     "There is no socket at the path. Start the responder, or correct the path; in a container, "
     "check that the socket's directory is mounted."},
    {Outcome::unreachable, "unreachable", Reason::connect, OutcomeClass::fail, kNotDead,
     "No connection to the address can be made from here. Check the address, the routes and the "
     "firewalls between this machine and the responder."},
    {Outcome::permission_denied, "permission_denied", Reason::connect, OutcomeClass::fail, kNotDead,
     "The system does not let the exporter connect. Give its user access to the socket "
     "(listen.group, listen.mode); on tcp, look for a local firewall rule."},
    {Outcome::backlog_full, "backlog_full", Reason::connect, OutcomeClass::busy, kNotDead,
     "The listen backlog is full: every worker is busy and no more connections fit. Raise "
     "pm.max_children or find what holds the workers."},
    {Outcome::connect_timeout, "connect_timeout", Reason::timeout, OutcomeClass::fail, kNotDead,
     "The connection was not accepted in time. Either packets are lost on the way (host down, "
     "firewall), or the listen backlog is full: check both."},
    {Outcome::response_timeout, "response_timeout", Reason::timeout, OutcomeClass::fail, kNotDead,
     "Connected, but no whole answer came in time. Find what holds the workers (slow log, "
     "database, locks), or raise pm.max_children."},
    {Outcome::closed_without_answer, "closed_without_answer", Reason::closed, OutcomeClass::fail,
     kDead,
     "The connection was closed without a byte of answer. Look in the responder's log for a crash "
     "or a restart, and check listen.allowed_clients."},
    {Outcome::closed_early, "closed_early", Reason::closed, OutcomeClass::fail, kDead,
     "The connection was closed in the middle of the answer. Look in the responder's log for a "
     "killed or crashed worker, and check request_terminate_timeout."},
    {Outcome::send_error, "send_error", Reason::closed, OutcomeClass::fail, kNotDead,
     "The connection broke while the request was sent. Look in the responder's log for a crash, "
     "and check that it speaks FastCGI at this address."},
    {Outcome::overloaded, "overloaded", Reason::overloaded, OutcomeClass::busy, kNotDead,
     "The responder says that it is overloaded (FCGI_OVERLOADED). Give it more workers, or send "
     "it fewer requests."},
    {Outcome::server_busy, "server_busy", Reason::overloaded, OutcomeClass::busy, kNotDead,
     "PHP-FPM had no status page to show: its scoreboard was in use. This passes by itself; if it "
     "does not, restart the pool."},
    {Outcome::protocol_error, "protocol_error", Reason::protocol, OutcomeClass::fail, kNotDead,
     "The answer breaks the rules of FastCGI. Run `fastcgi_exporter check --verbose` on the "
     "address to see its records, then mend or update the responder."},
    {Outcome::not_fastcgi, "not_fastcgi", Reason::protocol, OutcomeClass::fail, kNotDead,
     "Something other than FastCGI is spoken at the address (HTTP or TLS, for example). Correct "
     "the target's address or port."},
    {Outcome::cannot_multiplex, "cannot_multiplex", Reason::protocol, OutcomeClass::fail, kNotDead,
     "The responder says that the connection is already in use (FCGI_CANT_MPX_CONN), though each "
     "probe has its own. Restart or update the responder."},
    {Outcome::unknown_role, "unknown_role", Reason::protocol, OutcomeClass::fail, kNotDead,
     "The application does not serve the responder role (FCGI_UNKNOWN_ROLE). Point the target at "
     "a responder, not at an authorizer or a filter."},
    {Outcome::response_too_large, "response_too_large", Reason::protocol, OutcomeClass::fail,
     kNotDead,
     "The answer is larger than the exporter reads. Point the check at a small page, such as the "
     "pool's ping.path."},
    {Outcome::not_found, "not_found", Reason::status, OutcomeClass::fail, kNotDead,
     "The responder has no such page or script (404). Make the check's path equal to the pool's "
     "ping.path or pm.status_path, or to the script's full path."},
    {Outcome::access_denied, "access_denied", Reason::status, OutcomeClass::fail, kNotDead,
     "The responder will not run the script (403). Check security.limit_extensions, the script's "
     "permissions and the check's path."},
    {Outcome::bad_status, "bad_status", Reason::status, OutcomeClass::fail, kNotDead,
     "The answer has a status that the check does not expect. Look in the application's log, or "
     "correct the check's status."},
    {Outcome::app_status, "app_status", Reason::status, OutcomeClass::fail, kNotDead,
     "The application ended with an exit status other than 0. Look at what it wrote to stderr and "
     "in its log."},
    {Outcome::mismatch, "mismatch", Reason::mismatch, OutcomeClass::fail, kNotDead,
     "The answer is whole, but not the expected one. Compare it with the check's expect and with "
     "the pool's ping.response."},
    {Outcome::bad_status_page, "bad_status_page", Reason::mismatch, OutcomeClass::fail, kNotDead,
     "The answer is not a PHP-FPM status page. Make the check's path equal to the pool's "
     "pm.status_path."},
}};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (static_cast<std::size_t>(kOutcomes[i].outcome) != i) return false;
  }
  return static_cast<std::size_t>(Outcome::bad_status_page) + 1 == kOutcomeCount;
}
static_assert(rows_follow_the_enum(), "info() looks rows up by their index");
static_assert(static_cast<std::size_t>(Reason::mismatch) + 1 == kReasonCount);

}  // namespace

const std::array<OutcomeInfo, kOutcomeCount>& outcomes() {
  return kOutcomes;
}

const OutcomeInfo& info(Outcome outcome) {
  return kOutcomes.at(static_cast<std::size_t>(outcome));
}

std::string_view label(Outcome outcome) {
  return info(outcome).label;
}

std::string_view label(Reason reason) {
  switch (reason) {
    case Reason::resolve:
      return "resolve";
    case Reason::connect:
      return "connect";
    case Reason::timeout:
      return "timeout";
    case Reason::closed:
      return "closed";
    case Reason::protocol:
      return "protocol";
    case Reason::overloaded:
      return "overloaded";
    case Reason::status:
      return "status";
    case Reason::mismatch:
      return "mismatch";
  }
  std::abort();
}

std::string_view label(OutcomeClass outcome_class) {
  switch (outcome_class) {
    case OutcomeClass::pass:
      return "pass";
    case OutcomeClass::busy:
      return "busy";
    case OutcomeClass::fail:
      return "fail";
  }
  std::abort();
}

bool is_whole_answer(Outcome outcome) {
  if (outcome == Outcome::pass) return true;
  switch (info(outcome).reason) {
    case Reason::overloaded:
    case Reason::status:
    case Reason::mismatch:
      return true;
    case Reason::protocol:
      return outcome == Outcome::cannot_multiplex || outcome == Outcome::unknown_role;
    case Reason::resolve:
    case Reason::connect:
    case Reason::timeout:
    case Reason::closed:
      return false;
  }
  std::abort();
}

}  // namespace probe
