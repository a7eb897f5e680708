// One page of the exporter that runs, asked where the configuration would have it listen: what
// `check NAME` and `check --self` go by.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "config/config.h"
#include "probe/health.h"

namespace app {

struct ExporterAnswer {
  int status = 0;
  std::string text;                               // cleaned: one line with its end, or nothing
  probe::Health health = probe::Health::unknown;  // of the target that was asked about
  bool unknown_target = false;
};

// `path` is written without the prefix. The reason, for people, says why nothing is known: nobody
// answers in time, or what answers is no exporter, or it answers strangers nothing.
base::Result<ExporterAnswer> ask_exporter(const config::Web& web, const std::string& path,
                                          base::Duration timeout);

}  // namespace app
