// `fastcgi_exporter check`: one probe from the command line, or one question to a running exporter,
// as an exit code.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/time.h"
#include "config/config.h"
#include "web/health_answers.h"

namespace app {

inline constexpr int kExitUsage = 64;  // sysexits.h EX_USAGE

struct CheckOptions {
  std::string subject;    // an address, or a target's name; empty with ask_self
  bool ask_self = false;  // the exporter's own /healthz, for a container's HEALTHCHECK
  web::Question question = web::Question::ping;
  bool nagios = false;  // exit 0 up, 1 saturated, 2 down, 3 unknown
  bool json = false;
  bool verbose = false;                         // record by record
  std::string module = config::kDefaultModule;  // whose first check is asked of an address
  std::optional<std::string> path;              // instead of the module's
  std::optional<std::string>
      expect;  // the body must contain it, instead of the module's expectation
  base::Duration timeout = std::chrono::seconds(2);
};

// Whether the subject is something that the running exporter knows: all that its configuration is
// needed for is where it listens.
bool asks_exporter(const CheckOptions& options);

// Nothing could be asked, and `why` is for people: Nagios' unknown with `nagios`, else `exit_code`.
int report_unasked(const CheckOptions& options, const std::string& why, int exit_code,
                   std::ostream& out, std::ostream& err);

// The exit code: 0 or 1, Nagios' with `nagios`, kExitUsage for a subject or option that makes no
// sense.
int run_check(const CheckOptions& options, const config::Config& config, std::ostream& out,
              std::ostream& err);

}  // namespace app
