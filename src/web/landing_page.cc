#include "web/landing_page.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "probe/outcome.h"

namespace web {
namespace {

constexpr std::size_t kMaxDetailBytes = 300;

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fastcgi_exporter</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8886; padding: .4rem .6rem .4rem 0; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
nav a { margin-right: 1rem; }
</style>
</head>
<body>
<h1>fastcgi_exporter</h1>
)";

void append_target(std::string& html, const state::TargetIdentity& identity,
                   const state::TargetStatus& status, probe::Health health) {
  std::string why = "Not probed yet.";
  if (!status.checks.empty()) {
    const state::CheckStatus& check = status.checks[status.deciding_check];
    if (check.last_outcome) why = std::string(probe::info(*check.last_outcome).sentence);
    if (check.last_detail && !check.last_detail->empty()) {
      why += ' ' + base::clean_text(*check.last_detail, kMaxDetailBytes);
    }
  }
  html += "<tr><td>" + escape_html(identity.name) + "</td><td>" +
          std::string(probe::label(health)) + "</td><td>" + escape_html(identity.address.text()) +
          "</td><td>" + escape_html(why) + "</td></tr>\n";
}

// Worst first, then by name, as the set is sorted.
std::vector<std::pair<probe::Health, const state::TargetRecord*>> sorted_targets(
    const LandingInput& input) {
  std::vector<std::pair<probe::Health, const state::TargetRecord*>> sorted;
  state::TargetStatus status;
  for (const auto& record : input.targets.records()) {
    record->copy_to(status);
    sorted.emplace_back(status.health.health(input.now), record.get());
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return probe::worse(a.first, b.first); });
  return sorted;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

http::Answer landing_page(const LandingInput& input) {
  std::string html(kHead);
  const std::string metrics = escape_html(input.telemetry_path);
  html +=
      "<p>Watches FastCGI responders for Prometheus. Version " + escape_html(input.version) +
      ".</p>\n<nav><a href=\"" + metrics +
      "\">metrics</a><a href=\"/fcgi-ping?verbose\">ping</a><a href=\"/fcgi-live?verbose\">live</a>"
      "<a href=\"/fcgi-ready?verbose\">ready</a><a href=\"/config\">configuration</a></nav>\n";
  const auto sorted = sorted_targets(input);
  html +=
      "<h2>Targets</h2>\n<table>\n<tr><th>target</th><th>health</th><th>address</th><th>why</th></"
      "tr>\n";
  state::TargetStatus status;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMaxLandingTargets); ++i) {
    sorted[i].second->copy_to(status);
    append_target(html, sorted[i].second->identity(), status, sorted[i].first);
  }
  html += "</table>\n";
  if (sorted.size() > kMaxLandingTargets) {
    html += "<p>" + std::to_string(sorted.size() - kMaxLandingTargets) +
            " more are on the metrics page.</p>\n";
  }
  html += "</body>\n</html>\n";

  http::Answer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.headers = {{"Content-Security-Policy",
                     "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Cache-Control", "no-store"}};
  answer.body = std::make_shared<const base::Chunks>(base::Chunks{std::move(html)});
  return answer;
}

}  // namespace web
