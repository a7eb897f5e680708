#include "config/rules.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "config/wording.h"

namespace config {
namespace {

constexpr std::array kReservedLabels = {
    "target",  "check",     "reason", "phase",           "state",  "outcome",
    "le",      "quantile",  "pool",   "child",           "module", "scrape_uri",
    "address", "transport", "source", "process_manager", "job",    "instance",
};

// A name-value pair must stand in one record of at most 65,535 bytes, of which its two lengths take
// up to 8.
constexpr std::size_t kMaxParamBytes = 65'535 - 8;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
using base::is_digit;

bool is_visible(char c) {
  return c > 0x20 && c < 0x7F;
}

bool may_be_in_name(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("_.:@-").find(c) != std::string_view::npos;
}

bool may_be_in_url_path(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("/_.~-").find(c) != std::string_view::npos;
}

bool is_label_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

// name="value" and its comma, with the three characters that are escaped counted twice.
std::size_t label_bytes(std::string_view name, std::string_view value) {
  const auto escaped =
      std::ranges::count_if(value, [](char c) { return c == '"' || c == '\\' || c == '\n'; });
  return name.size() + value.size() + static_cast<std::size_t>(escaped) + 4;
}

}  // namespace

bool may_be_secret(std::string_view param_name) {
  constexpr std::array kWords = {"AUTH", "COOKIE", "CREDENTIAL", "KEY",
                                 "PASS", "PWD",    "SECRET",     "TOKEN"};
  std::string upper(param_name);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return std::ranges::any_of(
      kWords, [&](const char* word) { return upper.find(word) != std::string::npos; });
}

std::string name_problem(std::string_view name) {
  const bool is_name =
      !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, may_be_in_name);
  if (is_name) return "";
  return in_quotes(name) + " is no name; write 1 to " + std::to_string(kMaxNameBytes) +
         " characters out of A-Z a-z 0-9 _ . : @ -";
}

std::string pool_name_problem(std::string_view name) {
  const std::string shown = base::clean_text(name, kMaxNameBytes);
  if (!name.empty() && shown == name) return "";
  return "must be 1 to " + std::to_string(kMaxNameBytes) + " bytes without control characters";
}

std::string path_problem(std::string_view path) {
  if (!path.starts_with('/'))
    return in_quotes(path) + " is no path; write it like /fpm-ping or /status";
  if (path.size() > kMaxPathBytes) {
    return "longer than " + std::to_string(kMaxPathBytes) + " bytes; write a shorter path";
  }
  const bool has_control = std::ranges::any_of(
      path, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
  return has_control ? in_quotes(path) + " has a space or a control character; remove it" : "";
}

std::string script_path_problem(std::string_view path) {
  if (path.starts_with('/')) return path_problem(path);
  return in_quotes(path) + " is no whole path; write it from the root, like /srv/app/opcache.php";
}

// A metrics page there would answer a health probe with 200 whatever the targets do.
bool is_page_of_ours(std::string_view path) {
  constexpr std::string_view kPages[] = {"/",      "/health", "/healthz", "/config",  "/-/",
                                         "/fcgi-", "/probe",  "/api/",    "/assets/", "/sd"};
  return std::ranges::any_of(kPages, [path](std::string_view page) {
    const bool is_prefix = page.size() > 1 && (page.ends_with('/') || page.ends_with('-'));
    return is_prefix ? path.starts_with(page) : path == page;
  });
}

std::string telemetry_path_problem(std::string_view path) {
  const bool is_path = path.starts_with('/') && path.size() <= kMaxNameBytes &&
                       std::ranges::all_of(path, may_be_in_url_path);
  if (is_path && is_page_of_ours(path)) {
    return in_quotes(path) + " is another page; write a path of its own, like /metrics";
  }
  if (is_path) return "";
  return in_quotes(path) +
         " is no path; write it like /metrics, with letters, digits and / _ . ~ -";
}

std::string route_prefix_problem(std::string_view path) {
  const bool is_path = path.starts_with('/') && path.size() <= kMaxNameBytes &&
                       path.find("//") == std::string_view::npos &&
                       std::ranges::all_of(path, may_be_in_url_path);
  if (is_path) return "";
  return in_quotes(path) +
         " is no path; write it like /exporter, with letters, digits and / _ . ~ -";
}

std::string page_path_problem(std::string_view path) {
  const bool is_path = path.starts_with('/') && path.size() <= kMaxPathBytes &&
                       std::ranges::all_of(path, is_visible);
  if (is_path) return "";
  return in_quotes(path) + " is no path of a page; write it like /healthz or /fcgi-live/www";
}

std::string label_problem(const std::string& name, const std::string& value) {
  if (!is_label_name(name)) {
    return "no label name; write letters, digits and _, and no digit first";
  }
  const bool is_reserved =
      name.starts_with("__") || std::ranges::find(kReservedLabels, name) != kReservedLabels.end();
  if (is_reserved) return "a label of our own or of Prometheus has this name; choose another one";
  if (value.empty()) return "is empty, which Prometheus takes for no label; write a value";
  return value.find('\0') == std::string::npos ? "" : "holds a NUL byte; remove it";
}

std::string label_text_problem(const Target& target) {
  std::size_t bytes = label_bytes("target", target.name);
  for (const auto& [name, value] : target.labels) bytes += label_bytes(name, value);
  if (bytes <= kMaxLabelTextBytes) return "";
  return "the labels are " + std::to_string(bytes) + " bytes together; write at most " +
         std::to_string(kMaxLabelTextBytes) + ", since they stand in every line of the target";
}

std::string param_problem(const std::string& name, const std::string& value) {
  const bool is_name = !name.empty() && name.size() <= kMaxParamNameBytes &&
                       name.find('=') == std::string::npos && std::ranges::all_of(name, is_visible);
  if (!is_name) return "no parameter name; write 1 to 256 visible ASCII characters without =";
  if (value.find('\0') != std::string::npos) return "holds a NUL byte; remove it";
  if (value == kHiddenValue) return "the value was hidden here; write the real one";
  if (name.size() + value.size() <= kMaxParamBytes) return "";
  return "name and value are more than " + std::to_string(kMaxParamBytes) +
         " bytes together, and fit no FastCGI record; write less";
}

std::string ratio_problem(double ratio) {
  if (ratio > 0 && ratio < 1) return "";
  return "must be above 0 and below 1, such as 0.9: more than all of max_children never work";
}

std::string buckets_problem(const std::vector<double>& seconds) {
  if (seconds.empty()) return "is an empty list; write at least one bound, or remove the key";
  if (seconds.size() > kMaxBuckets) {
    return "has " + std::to_string(seconds.size()) + " bounds; write at most " +
           std::to_string(kMaxBuckets);
  }
  double previous = 0;
  for (const double bound : seconds) {
    if (!std::isfinite(bound) || bound <= previous) {
      return "must rise from above 0, such as [0.001, 0.01, 0.1, 1]";
    }
    previous = bound;
  }
  return "";
}

std::string as_name(std::string_view text) {
  std::string name(text.substr(0, kMaxNameBytes));
  std::ranges::replace_if(
      name, [](char c) { return !may_be_in_name(c); }, '-');
  return name;
}

// "=" may stand in a socket's path, but a path has a "/" before it, which no name has.
std::pair<std::string_view, std::string_view> split_name(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, std::min(equals, text.size()));
  if (equals == std::string_view::npos || name.find('/') != std::string_view::npos) {
    return {"", text};
  }
  return {name, text.substr(equals + 1)};
}

std::string short_name(const base::Address& address) {
  if (address.transport == base::Transport::tcp) {
    return as_name(address.host + ":" + std::to_string(address.port));
  }
  const auto name = std::string_view(address.path).substr(address.path.rfind('/') + 1);
  return name.empty() ? long_name(address) : as_name(name);  // "@php/" is a whole abstract name
}

std::string long_name(const base::Address& address) {
  if (address.transport == base::Transport::tcp) return short_name(address);
  return as_name(std::string_view(address.path).substr(address.path.starts_with('/') ? 1 : 0));
}

}  // namespace config
