// How this process looks up names, for the daemon and for `check` alike.
#pragma once

#include "net/lookups.h"

namespace app {

// resolv.conf, unless FASTCGI_EXPORTER_DNS_SERVERS names other servers ("10.0.0.2,127.0.0.1:5353").
net::Lookups::Options lookup_options();

}  // namespace app
