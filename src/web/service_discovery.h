// /sd: the configured targets as Prometheus' HTTP service discovery reads them. Pure.
#pragma once

#include <string>

#include "config/config.h"

namespace web {

// JSON. A group for each target, whose address is its name: what /probe takes, and what a page may
// show. What is known of it stands in labels __meta_fastcgi_*, its own labels in
// __meta_fastcgi_label_*. Nothing that changes with its health: Prometheus would take it for
// another target each time.
std::string service_discovery(const config::Config& config);

}  // namespace web
