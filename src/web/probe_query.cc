#include "web/probe_query.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "base/text.h"
#include "http/target.h"

namespace web {
namespace {

constexpr std::size_t kMaxShownBytes = 60;
constexpr double kMostSeconds = 24 * 60 * 60;

std::string shown(std::string_view text) {
  return '"' + base::clean_text(text, kMaxShownBytes) + '"';
}

// Empty, or what is wrong.
std::string read_flag(const std::string& value, bool& flag) {
  flag = value == "true" || value == "1";
  if (flag || value == "false" || value == "0") return "";
  return "debug is true or false, not " + shown(value);
}

struct Taken {
  bool target = false;
  bool module = false;
  bool debug = false;
};

std::string take(const std::string& name, std::string value, Taken& taken, ProbeQuery& query) {
  const bool is_target = name == "target";
  const bool is_module = name == "module";
  if (!is_target && !is_module && name != "debug") {
    return "there is no parameter " + shown(name) +
           "; there are target, module and debug, and what is sent to the responder is for the "
           "module to say";
  }
  bool& is_taken = is_target ? taken.target : is_module ? taken.module : taken.debug;
  if (std::exchange(is_taken, true)) return name + " is given twice; a probe has one";
  if (is_target)
    query.target = std::move(value);
  else if (is_module)
    query.module = std::move(value);
  else
    return read_flag(value, query.debug);
  return "";
}

std::string read_query(std::string_view rest, ProbeQuery& query) {
  Taken taken;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto name = http::percent_decoded(pair.substr(0, equals), http::Plus::is_space);
    auto value = http::percent_decoded(
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1),
        http::Plus::is_space);
    if (!name || !value) return shown(pair) + " has a '%' without two hexadecimal digits";
    std::string problem = take(*name, std::move(*value), taken, query);
    if (!problem.empty()) return problem;
  }
  return "";
}

// As Prometheus sends it: "10", "0.5".
std::string read_timeout(const std::string& text, ProbeQuery& query) {
  if (text.empty()) return "";
  double seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds, std::chars_format::fixed);
  if (error != std::errc() || end != last || !std::isfinite(seconds) || seconds < 0) {
    return "X-Prometheus-Scrape-Timeout-Seconds is a number of seconds such as 10 or 0.5, not " +
           shown(text);
  }
  if (seconds == 0) return "";
  query.caller_waits = std::chrono::duration_cast<base::Duration>(
      std::chrono::duration<double>(std::min(seconds, kMostSeconds)));
  return "";
}

}  // namespace

base::Result<ProbeQuery> read_probe_query(const http::Request& request) {
  ProbeQuery query;
  std::string problem = read_query(request.query, query);
  if (problem.empty() && query.target.empty()) {
    problem =
        "the target is missing; write /probe?target=NAME with the name of a configured target (/sd "
        "lists them), or an address that probe_allow has";
  }
  if (problem.empty()) problem = read_timeout(request.scrape_timeout, query);
  if (!problem.empty()) return base::Unexpected{std::move(problem)};
  return query;
}

}  // namespace web
