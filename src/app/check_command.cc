#include "app/check_command.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "app/ask_exporter.h"
#include "app/one_shot.h"
#include "base/duration.h"
#include "base/text.h"
#include "http/client.h"
#include "probe/health.h"

namespace app {
namespace {

using probe::Health;

constexpr std::size_t kMaxNagiosBytes = 1'000;  // all it promises to keep of the one line it shows

// What one look says, without thresholds: busy is saturated, fail is down.
Health health_of(probe::OutcomeClass outcome_class) {
  switch (outcome_class) {
    case probe::OutcomeClass::pass:
      return Health::up;
    case probe::OutcomeClass::busy:
      return Health::saturated;
    case probe::OutcomeClass::fail:
      return Health::down;
  }
  std::abort();
}

int nagios_code(Health health) {
  switch (health) {
    case Health::up:
      return 0;
    case Health::saturated:
      return 1;
    case Health::down:
      return 2;
    case Health::unknown:
      return 3;
  }
  std::abort();
}

std::string_view nagios_word(int code) {
  constexpr std::string_view kWords[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return kWords[code];
}

int exit_code(const CheckOptions& options, Health health, bool satisfied) {
  return options.nagios ? nagios_code(health) : (satisfied ? 0 : 1);
}

int report_unanswered(const CheckOptions& options, const std::string& why, std::ostream& out,
                      std::ostream& err) {
  return report_unasked(options, why, 1, out, err);
}

nlohmann::ordered_json describe(const std::string& address, const OneShot& shot) {
  const probe::OutcomeInfo& info = probe::info(shot.verdict.outcome);
  nlohmann::ordered_json json{{"address", address},
                              {"health", probe::label(health_of(shot.verdict.outcome_class))},
                              {"outcome", info.label},
                              {"class", probe::label(shot.verdict.outcome_class)},
                              {"dead", shot.verdict.dead},
                              {"sentence", info.sentence},
                              {"detail", shot.verdict.detail},
                              {"duration_seconds", base::seconds(shot.attempt.elapsed)}};
  if (shot.verdict.outcome != probe::Outcome::pass) json["reason"] = probe::label(info.reason);
  for (std::size_t i = 0; i < probe::kPhaseCount; ++i) {
    json["phases_seconds"][std::string(probe::label(static_cast<probe::Phase>(i)))] =
        base::seconds(shot.attempt.phases[i]);
  }
  return json;
}

std::string milliseconds(base::Duration d) {
  const std::string text = std::to_string(base::seconds(d) * 1000);
  return text.substr(0, text.find('.') + 3) + " ms";
}

void print_transcript(const OneShot& shot, std::ostream& out) {
  for (const std::string& line : shot.sent) out << "> " << line << "\n";
  for (const std::string& line : shot.received) out << "< " << line << "\n";
}

void print_verdict(const CheckOptions& options, const std::string& address, const OneShot& shot,
                   std::ostream& out) {
  const Health health = health_of(shot.verdict.outcome_class);
  const std::string_view sentence = probe::info(shot.verdict.outcome).sentence;
  if (options.nagios) {
    out << "FASTCGI " << nagios_word(nagios_code(health)) << " - "
        << probe::label(shot.verdict.outcome) << ": " << sentence
        << " | time=" << base::seconds(shot.attempt.elapsed) << "s\n";
    return;
  }
  out << address << " is " << probe::label(health) << " (" << probe::label(shot.verdict.outcome)
      << ", " << milliseconds(shot.attempt.elapsed) << ")\n";
  if (shot.verdict.outcome != probe::Outcome::pass) out << sentence << "\n";
  if (!shot.verdict.detail.empty()) out << shot.verdict.detail << "\n";
}

int check_address(const CheckOptions& options, const config::Config& config,
                  const base::Address& address, std::ostream& out, std::ostream& err) {
  const auto module = config.modules.find(options.module);
  if (module == config.modules.end() || module->second.checks.empty()) {
    err << "There is no module \"" << options.module << "\" in the configuration.\n";
    return kExitUsage;
  }
  probe::CheckSettings settings = module->second.checks.front();
  if (options.path) settings.path = *options.path;
  if (options.expect)
    settings.expect = {.body = probe::Expectation::Body::contains, .text = *options.expect};
  const auto check = probe::make_check(settings);
  if (!check) {
    err << check.error() << "\n";
    return kExitUsage;
  }
  OneShot shot;
  try {
    shot = probe_once(address, **check, options.timeout);
  } catch (const std::runtime_error& shortage) {
    return report_unanswered(options, shortage.what(), out, err);
  }
  if (options.verbose) print_transcript(shot, out);
  if (options.json) {
    out << describe(address.text(), shot)
               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
        << "\n";
  } else {
    print_verdict(options, address.text(), shot, out);
  }
  const bool satisfied = options.question == web::Question::live
                             ? !shot.verdict.dead
                             : shot.verdict.outcome == probe::Outcome::pass;
  return exit_code(options, health_of(shot.verdict.outcome_class), satisfied);
}

std::string_view path_of(web::Question question) {
  switch (question) {
    case web::Question::ping:
      return "/fcgi-ping/";
    case web::Question::live:
      return "/fcgi-live/";
    case web::Question::ready:
      return "/fcgi-ready/";
  }
  std::abort();
}

int check_target(const CheckOptions& options, const config::Config& config, std::ostream& out,
                 std::ostream& err) {
  const std::string path =
      std::string(path_of(options.question)) + http::encode_path_segment(options.subject);
  const auto answer = ask_exporter(config.web, path, options.timeout);
  if (!answer) return report_unanswered(options, answer.error(), out, err);
  if (answer->unknown_target) {
    return report_unanswered(
        options, "The exporter watches no target named \"" + options.subject + "\".", out, err);
  }
  const Health health = answer->health;
  if (options.nagios) {
    out << "FASTCGI " << nagios_word(nagios_code(health)) << " - " << options.subject << " is "
        << probe::label(health) << "\n";
  } else if (options.json || options.verbose) {
    out << answer->text;
  } else {
    out << options.subject << " is " << probe::label(health) << "\n";
  }
  return exit_code(options, health, answer->status == 200);
}

int check_self(const CheckOptions& options, const config::Config& config, std::ostream& out,
               std::ostream& err) {
  const auto answer = ask_exporter(config.web, "/healthz", options.timeout);
  if (!answer) return report_unanswered(options, answer.error(), out, err);
  const bool healthy = answer->status == 200;
  out << (options.nagios ? (healthy ? "FASTCGI OK - " : "FASTCGI CRITICAL - ") : "")
      << answer->text;
  return exit_code(options, healthy ? Health::up : Health::down, healthy);
}

}  // namespace

bool asks_exporter(const CheckOptions& options) {
  return options.ask_self || (!options.subject.empty() && !base::parse_address(options.subject) &&
                              options.subject.find_first_of("/[") == std::string::npos);
}

int report_unasked(const CheckOptions& options, const std::string& why, int exit_code,
                   std::ostream& out, std::ostream& err) {
  if (options.nagios) {
    out << "FASTCGI UNKNOWN - " << base::clean_text(why, kMaxNagiosBytes) << "\n";
    return nagios_code(Health::unknown);
  }
  err << why << "\n";
  return exit_code;
}

int run_check(const CheckOptions& options, const config::Config& config, std::ostream& out,
              std::ostream& err) {
  if (options.ask_self == !options.subject.empty()) {
    err << "check wants one subject: an address such as 127.0.0.1:9000 or /run/php/www.sock, the "
           "name of a target,\n"
           "or --self\n";
    return kExitUsage;
  }
  if (options.nagios && options.json) {
    err << "--nagios and --json exclude each other: both say what is printed\n";
    return kExitUsage;
  }
  if (options.ask_self) return check_self(options, config, out, err);
  if (const auto address = base::parse_address(options.subject)) {
    return check_address(options, config, *address, out, err);
  }
  if (options.subject.find_first_of("/[") != std::string::npos) {
    err << base::parse_address(options.subject).error() << "\n";
    return kExitUsage;
  }
  if (options.path || options.expect) {
    err << "--path and --expect are for an address: the exporter knows how it asks a target\n";
    return kExitUsage;
  }
  return check_target(options, config, out, err);
}

}  // namespace app
