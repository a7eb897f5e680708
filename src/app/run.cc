#include "app/run.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "app/daemon.h"
#include "app/demo.h"
#include "app/discover_command.h"
#include "app/discoveries.h"
#include "app/signals.h"
#include "app/systemd_sockets.h"
#include "app/web_access.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/effective.h"
#include "config/load.h"
#include "config/web_part.h"

namespace app {
namespace {

// Any target: it is no stand-in for anything, so neither the variables of others nor their listen
// addresses mean anything to it. run_demo() puts its own targets there.
base::Result<config::Loaded> load_demo(config::Flags flags) {
  if (config::names_targets(flags) || flags.compat || !flags.scrape_uris.empty()) {
    return base::Unexpected{
        "The demo brings its own targets: leave out --config.file, --fastcgi.target, "
        "--discover.php-fpm, --compat and --phpfpm.scrape-uri, or demo."};
  }
  flags.targets = {"demo=unix:@demo"};
  return config::load(flags, {}, config::read_file);
}

base::Result<config::Loaded> load(const CommandLine& line) {
  if (line.command == Command::demo) return load_demo(line.flags);
  config::Flags flags = line.flags;
  // `get` is a word of that exporter, and seed mode has no status page to ask for.
  const bool needs_pools = line.command == Command::get && !config::names_targets(flags);
  if (needs_pools && !flags.compat) flags.compat = "hipages";
  const bool needs_files = line.command == Command::discover && !config::names_targets(flags);
  if (needs_files) flags.discover_php_fpm = {config::kDefaultPoolFiles};
  return config::load(flags, config::process_environment(), config::read_file);
}

int report_bad_config(const std::string& problems, int exit_code) {
  std::cerr << problems << "\n";
  return exit_code;
}

// A file without any rule, given to `discover` for its modules and targets.
config::Config with_default_rule(config::Config config) {
  if (config.discovery.empty()) {
    config.discovery.php_fpm_pools = {
        {.files = {config::kDefaultPoolFiles}, .module = config::kFlagModule, .labels = {}}};
  }
  return config;
}

int serve(const CommandLine& line, config::Loaded loaded, Signals& signals) {
  for (const std::string& warning : loaded.warnings) base::log::warn(warning);
  std::vector<int> sockets;
  if (line.systemd_socket) {
    auto passed = systemd_sockets(config::process_environment(), getpid());
    if (!passed) return report_bad_config(passed.error(), 1);
    sockets = std::move(passed).value();
  }
  run_daemon(std::move(loaded.config), signals,
             {.load = [line] { return load(line); },
              .enable_lifecycle = line.enable_lifecycle,
              .web_config_file = line.web_config_file,
              .systemd_sockets = std::move(sockets),
              .on_started = {}});
  return 0;
}

// The exporter may run on an older file than the one on the disk, so that of that one only what
// finds the exporter matters.
int ask_running_exporter(const CommandLine& line) {
  // A server may close while TLS writes to it: the answer is an exit code, and no signal.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const auto part =
      config::load_web_part(line.flags, config::process_environment(), config::read_file);
  if (!part) return report_unasked(line.check, part.error(), kExitUsage, std::cout, std::cerr);
  if (!part->problems.empty()) {
    return report_unasked(line.check,
                          part->problems +
                              "\nThat does not say where the running exporter listens; mend it, or "
                              "say it with --web.listen-address and --web.route-prefix",
                          1, std::cout, std::cerr);
  }
  return run_check(line.check, part->config, std::cout, std::cerr);
}

}  // namespace

int run(const CommandLine& line) {
  const bool is_check = line.command == Command::check && !line.config_check;
  if (is_check && asks_exporter(line.check)) return ask_running_exporter(line);
  auto loaded = load(line);
  if (!loaded && is_check)
    return report_unasked(line.check, loaded.error(), kExitUsage, std::cout, std::cerr);
  if (!loaded)
    return report_bad_config(loaded.error(), line.command == Command::check ? kExitUsage : 1);
  base::log::configure(loaded->config.log_level, loaded->config.log_format);
  const bool needs_web_access =
      line.config_check || line.command == Command::serve || line.command == Command::demo;
  if (needs_web_access) {
    const auto access = WebAccess(line.web_config_file).read();
    if (!access) return report_bad_config(access.error(), 1);
  }
  if (line.config_check) {
    for (const std::string& warning : loaded->warnings) std::cout << "warning: " << warning << "\n";
    std::cout << config::effective_yaml(loaded->config, config::Secrets::hidden)
              << "# The configuration is good.\n";
    return 0;
  }
  if (line.command == Command::check)
    return run_check(line.check, loaded->config, std::cout, std::cerr);
  if (line.command == Command::discover)
    return run_discover(with_default_rule(loaded->config), std::cout, std::cerr);
  if (line.command == Command::get)
    return run_get(line.get_format, find_once(loaded->config).config, std::cout);
  base::share_one_arena();
  Signals signals;  // these two before any thread exists
  if (line.command == Command::demo) {
    run_demo(line, loaded->config, signals);
    return 0;
  }
  return serve(line, std::move(loaded).value(), signals);
}

}  // namespace app
