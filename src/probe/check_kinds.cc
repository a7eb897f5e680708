#include "probe/check.h"
#include "probe/ping_check.h"
#include "probe/script_check.h"
#include "probe/status_check.h"

namespace probe {

const std::vector<CheckKind>& check_kinds() {
  static const std::vector<CheckKind> kinds = {
      {"ping", "asks for a page, PHP-FPM's ping.path above all, and looks at status and body",
       make_ping_check, "/fpm-ping"},
      {"status", "asks for PHP-FPM's status page (pm.status_path) and reads its figures",
       make_status_check, "/status"},
      {"script", "runs a script and reads the metrics that it prints in Prometheus' text format",
       make_script_check},
  };
  return kinds;
}

}  // namespace probe
