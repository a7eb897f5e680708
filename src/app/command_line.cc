#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>

#include "app/version.h"
#include "base/duration.h"

namespace app {
namespace {

constexpr const char* kDescription =
    "Watches FastCGI responders (PHP-FPM above all) and tells Prometheus, Kubernetes and people "
    "how they are.\n\n"
    "  fastcgi_exporter --fastcgi.target=127.0.0.1:9000     watch one, pages on :9253\n"
    "  fastcgi_exporter --config.file=exporter.yaml         watch many\n"
    "  fastcgi_exporter --discover.php-fpm                  watch every PHP-FPM pool of this host\n"
    "  fastcgi_exporter check 127.0.0.1:9000                ask once, now\n"
    "  fastcgi_exporter demo                                everything, with nothing installed\n\n"
    "Without --config.file, --fastcgi.target and --discover.php-fpm it is a drop-in for "
    "fastcgi-healthcheck: the environment variables\n"
    "SERVER, DESTINATION, DESTINATION_PORT, PING_PATH, PING_RESPONSE and RUST_LOG say what to do.\n"
    "With --compat=hipages, or its variables (PHP_FPM_SCRAPE_URI, ...), it is one for "
    "hipages/php-fpm_exporter.";

std::map<std::string, web::Question> questions() {
  return {{"ping", web::Question::ping},
          {"live", web::Question::live},
          {"ready", web::Question::ready}};
}

void add_compat_flags(CLI::App& cli, config::Flags& flags) {
  cli.add_option("--compat", flags.compat,
                 "hipages: stand in for hipages/php-fpm_exporter, with its flags, variables and "
                 "metrics beside ours")
      ->type_name("EXPORTER");
  cli.add_option("--phpfpm.scrape-uri", flags.scrape_uris,
                 "With --compat=hipages: tcp://127.0.0.1:9000/status or "
                 "\"unix:///run/php/www.sock;/status\" (repeatable, or with commas between)")
      ->type_name("URI")
      ->allow_extra_args(false);
  // Not add_flag(): it would set the member when the flag is not there, too.
  cli.add_flag_function(
      "--phpfpm.fix-process-count",
      [&flags](std::int64_t times) { flags.fix_process_count = times > 0; },
      "With --compat=hipages: count the processes instead of believing PHP-FPM's sums");
}

// A flag and not an option: it never takes the next word for its pattern.
void add_discover_flag(CLI::App& cli, config::Flags& flags) {
  cli.add_flag("--discover.php-fpm", flags.discover_php_fpm,
               "Watch the pools in PHP-FPM's own files, read at the start and at each reload; "
               "--discover.php-fpm=GLOB names other files than /etc/php/*/fpm/pool.d/*.conf "
               "(repeatable)");
}

void add_shard_flags(CLI::App& cli, config::Flags& flags) {
  cli.add_option("--shard.index", flags.shard_index,
                 "Which of --shard.count exporters of one configuration this is: a number from 0, "
                 "or the name of a StatefulSet's pod, which ends in it")
      ->type_name("INDEX|POD");
  cli.add_option("--shard.count", flags.shard_count,
                 "How many exporters share the targets; each target belongs to one of them")
      ->type_name("N");
}

// What CLI11 has for a flag without a value.
void fill_in_default_files(config::Flags& flags) {
  for (std::string& glob : flags.discover_php_fpm) {
    if (glob == "true") glob = config::kDefaultPoolFiles;
  }
}

// The words of Prometheus' exporter-toolkit, and two beside them.
void add_web_flags(CLI::App& cli, CommandLine& line) {
  cli.add_option("--web.config.file", line.web_config_file,
                 "TLS, passwords, headers and a rate limit, in the format of Prometheus' "
                 "exporters; read again when it changes")
      ->type_name("FILE");
  cli.add_flag("--web.systemd-socket", line.systemd_socket,
               "Serve on the sockets that systemd passes, instead of --web.listen-address");
  cli.add_option("--web.route-prefix", line.flags.route_prefix,
                 "Path that every page is below (default /)")
      ->type_name("PATH");
  cli.add_option("--web.unauthenticated-paths", line.flags.open_paths,
                 "Pages that need no login, with commas between: /healthz,/fcgi-live (repeatable)")
      ->type_name("PATHS")
      ->allow_extra_args(false);
}

void add_flags(CLI::App& cli, CommandLine& line) {
  config::Flags& flags = line.flags;
  cli.add_option("--config.file", flags.config_file, "Configuration file, YAML or JSON")
      ->type_name("FILE");
  cli.add_flag("--config.check", line.config_check,
               "Check the configuration, print what is wrong, and end");
  cli.add_option("--fastcgi.target", flags.targets,
                 "A responder to watch: 127.0.0.1:9000, [::1]:9000, /run/php/www.sock, "
                 "unix:@abstract (repeatable)")
      ->type_name("[NAME=]ADDRESS")
      ->allow_extra_args(false);
  add_discover_flag(cli, flags);
  cli.add_option("--web.listen-address", flags.listen_addresses,
                 "Where to serve pages: :9253, 127.0.0.1:9253, [::1]:9253, unix:/run/exporter.sock "
                 "(repeatable; default :9253)")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  cli.add_option("--web.telemetry-path", flags.telemetry_path,
                 "Path of the metrics page (default /metrics)")
      ->type_name("PATH");
  cli.add_option("--web.max-requests", flags.max_requests,
                 "Concurrent scrapes; more get 503; 0: no limit (default 40)")
      ->type_name("N");
  add_web_flags(cli, line);
  cli.add_option("--timeout-offset", flags.timeout_offset,
                 "Seconds that /probe leaves of the scrape timeout that Prometheus says (default "
                 "0.5)")
      ->type_name("SECONDS");
  cli.add_flag("--web.enable-lifecycle", line.enable_lifecycle,
               "Take POST /-/reload, which reads the configuration again (SIGHUP always does)");
  add_shard_flags(cli, flags);
  add_compat_flags(cli, flags);
  cli.add_option("--log.level", flags.log_level, "debug, info, warn or error (default info)")
      ->type_name("LEVEL");
  cli.add_option("--log.format", flags.log_format, "logfmt or json (default logfmt)")
      ->type_name("FORMAT");
}

// The other exporter's third format, spew, dumped its memory; people get the text instead.
void add_get(CLI::App& cli, GetFormat& format) {
  CLI::App* sub = cli.add_subcommand(
      "get", "Print the status page of each pool once; exit code 0 when all answered");
  sub->fallthrough();
  sub->add_option_function<std::string>(
         "--out",
         [&format](const std::string& word) {
           format = word == "json" ? GetFormat::json : GetFormat::text;
         },
         "text or json (default text)")
      ->check(CLI::IsMember({"text", "json", "spew"}))
      ->type_name("FORMAT");
}

void add_check(CLI::App& cli, CheckOptions& check, std::string& timeout) {
  CLI::App* sub = cli.add_subcommand(
      "check", "Probe an address once, or ask the running exporter about a target");
  sub->fallthrough();
  sub->add_option("subject", check.subject,
                  "An address (127.0.0.1:9000, /run/php/www.sock) is probed; any other word is a "
                  "target's name")
      ->type_name("ADDRESS|NAME");
  sub->add_flag("--self", check.ask_self,
                "Ask the exporter's own /healthz; for a container's HEALTHCHECK");
  // Not CheckedTransformer: help and complaints would show the enumerators as characters.
  sub->add_option_function<std::string>(
         "--for", [&check](const std::string& word) { check.question = questions().at(word); },
         "ping, live or ready (default ping)")
      ->check(CLI::IsMember(questions()))
      ->type_name("QUESTION");
  sub->add_flag("--nagios", check.nagios,
                "Nagios' exit codes: 0 up, 1 saturated, 2 down, 3 unknown");
  sub->add_flag("--json", check.json, "Print JSON");
  sub->add_flag("-v,--verbose", check.verbose, "Print every record sent and received");
  sub->add_option("--module", check.module,
                  "The module whose first check an address is asked (default ping)");
  sub->add_option("--path", check.path, "Ask for this path instead of the module's");
  sub->add_option("--expect", check.expect,
                  "The body must contain this, instead of the module's expectation");
  sub->add_option("--timeout", timeout, "Give up after this long (default 2s)")
      ->type_name("DURATION");
}

void add_discover(CLI::App& cli, config::Flags& flags) {
  CLI::App* sub = cli.add_subcommand(
      "discover", "Print the PHP-FPM pools that are found, as YAML to use as a configuration file");
  sub->fallthrough();
  sub->add_option("globs", flags.discover_php_fpm,
                  "PHP-FPM's files (default: those of --config.file, else "
                  "/etc/php/*/fpm/pool.d/*.conf)")
      ->type_name("GLOB");
}

// CLI11 has an exit code of its own for each kind of mistake; ours are few. `check` is run by
// scripts that must tell a mistake in the call from a bad target.
int exit_code_of(int cli_code, const CLI::App& cli) {
  if (cli_code == 0) return 0;
  return cli.got_subcommand("check") ? kExitUsage : 1;
}

std::string version_text() {
  return "fastcgi_exporter " + std::string(version()) + " (revision " + std::string(revision()) +
         ")";
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, const char* const* argv) {
  ParsedCommandLine parsed;
  std::string timeout;
  CLI::App cli(kDescription, "fastcgi_exporter");
  cli.set_version_flag("--version", version_text());
  cli.require_subcommand(0, 1);
  add_flags(cli, parsed.line);
  cli.add_subcommand("serve", "Watch the targets and serve the pages (the default)")
      ->alias("server")
      ->fallthrough();
  add_check(cli, parsed.line.check, timeout);
  add_get(cli, parsed.line.get_format);
  add_discover(cli, parsed.line.flags);
  cli.add_subcommand("demo", "Start embedded responders and the exporter watching them")
      ->fallthrough();
  try {
    cli.parse(argc, argv);
    fill_in_default_files(parsed.line.flags);
    if (!timeout.empty()) {
      const auto duration = base::parse_duration(timeout);
      if (!duration || *duration <= base::Duration::zero()) {
        throw CLI::ValidationError("--timeout",
                                   "\"" + timeout + "\" is not a duration such as 500ms or 2s");
      }
      parsed.line.check.timeout = *duration;
    }
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = exit_code_of(cli.exit(error, std::cout, std::cerr), cli);
    return parsed;
  }
  if (cli.got_subcommand("check")) parsed.line.command = Command::check;
  if (cli.got_subcommand("get")) parsed.line.command = Command::get;
  if (cli.got_subcommand("discover")) parsed.line.command = Command::discover;
  if (cli.got_subcommand("demo")) parsed.line.command = Command::demo;
  return parsed;
}

}  // namespace app
