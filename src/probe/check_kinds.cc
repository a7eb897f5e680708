#include "probe/check.h"
#include "probe/ping_check.h"

namespace probe {

const std::vector<CheckKind>& check_kinds() {
  static const std::vector<CheckKind> kinds = {
      {"ping", "asks for a page, PHP-FPM's ping.path above all, and looks at status and body",
       make_ping_check},
  };
  return kinds;
}

}  // namespace probe
