#include "probe/check.h"

#include <chrono>

#include "probe/ping_check.h"
#include "probe/script_check.h"
#include "probe/status_check.h"

namespace probe {

const std::vector<CheckKind>& check_kinds() {
  static const std::vector<CheckKind> kinds = {
      {.name = "ping",
       .help = "asks for a page, PHP-FPM's ping.path above all, and looks at status and body",
       .params = params_for_path,
       .make = make_ping_check,
       .default_path = "/fpm-ping"},
      {.name = "status",
       .help = "asks for PHP-FPM's status page (pm.status_path) and reads its figures",
       .params = status_params,
       .make = make_status_check,
       .default_path = "/status",
       .may_ask_status_address = true,
       .answer_is_private = true},
      {.name = "script",
       .help = "runs a script and reads the metrics that it prints in Prometheus' text format",
       .params = script_params,
       .make = make_script_check,
       .may_decide = false,
       .answers_at_once = false,
       .default_interval = std::chrono::seconds(60)},
  };
  return kinds;
}

}  // namespace probe
