#include "app/version.h"

namespace app {

std::string_view version() {
  return FASTCGI_EXPORTER_VERSION;
}
std::string_view revision() {
  return FASTCGI_EXPORTER_REVISION;
}

}  // namespace app
