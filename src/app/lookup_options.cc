#include "app/lookup_options.h"

#include <cstdlib>

namespace app {

net::Lookups::Options lookup_options() {
  net::Lookups::Options options;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here ever sets a variable
  if (const char* servers = std::getenv("FASTCGI_EXPORTER_DNS_SERVERS")) options.servers = servers;
  return options;
}

}  // namespace app
