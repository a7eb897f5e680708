// `fastcgi_exporter demo`: embedded responders and the exporter watching them, with nothing
// installed.
#pragma once

#include "app/command_line.h"
#include "app/signals.h"
#include "config/config.h"

namespace app {

// Uses the configuration's web part and log settings; its targets are the demo's own.
void run_demo(const CommandLine& line, config::Config config, Signals& signals);

}  // namespace app
