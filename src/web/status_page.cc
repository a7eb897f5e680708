#include "web/status_page.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/chunks.h"
#include "metrics/pool_figures.h"
#include "web/assets.h"
#include "web/compress.h"
#include "web/page_words.h"
#include "web/target_query.h"

namespace web {
namespace {

using probe::Health;

constexpr std::size_t kMaxPagesAtOnce = 32;  // being made; one more gets 503
constexpr std::array kWorstFirst = {Health::down, Health::unknown, Health::saturated, Health::up};

std::string_view asset_text(std::string_view name) {
  const auto found = std::ranges::find(assets(), name, &Asset::name);
  if (found == assets().end()) throw std::logic_error("no such asset: " + std::string(name));
  return found->text;
}

using Values = std::map<std::string, std::string, std::less<>>;

// The page with {{name}} replaced by its value, which is HTML. A name without one is a programmer's
// mistake and throws.
std::string fill(std::string_view page, const Values& values) {
  std::string html;
  for (std::size_t open = page.find("{{"); open != std::string_view::npos; open = page.find("{{")) {
    const std::size_t close = page.find("}}", open);
    html += page.substr(0, open);
    const auto value = values.find(page.substr(open + 2, close - open - 2));
    if (value == values.end()) throw std::logic_error("a name without a value in page.html");
    html += value->second;
    page.remove_prefix(close + 2);
  }
  html += page;
  return html;
}

std::string link(std::string_view address, std::string_view text, std::string_view more = {}) {
  return "<a href=\"" + escape_html(address) + "\"" + std::string(more) + ">" + escape_html(text) +
         "</a>";
}

std::string badge(Health health) {
  const std::string word(label(health));
  return "<span class=\"badge " + word + "\"><span class=\"mark\" aria-hidden=\"true\">" +
         std::string(mark(health)) + "</span>" + word + "</span>";
}

std::string cell(std::string_view name, std::string_view html, std::string_view label = {}) {
  std::string open = "<td class=\"" + std::string(name) + "\" role=\"cell\"";
  if (!label.empty()) open += " data-label=\"" + std::string(label) + "\"";
  return open + ">" + std::string(html) + "</td>";
}

std::string target_cell(const state::TargetIdentity& identity) {
  std::string html = "<div class=\"name\">" +
                     link("api/v1/targets/" + identity.name, identity.name) +
                     " <span class=\"where\">from " + escape_html(identity.source) +
                     "</span></div><div class=\"where\">" + escape_html(identity.address.text()) +
                     "</div><div class=\"chips\">";
  for (const auto& [name, value] : identity.labels) {
    TargetQuery same;
    same.label.emplace(name, value);
    html += link(query_string(same), name + '=' + value, " class=\"chip\"");
  }
  return html + "</div>";
}

std::string why_cell(const state::TargetStatus& status, Health health, base::TimePoint now) {
  const Explanation because = explanation(status, now);
  const state::CheckStatus* check =
      status.checks.empty() ? nullptr : &status.checks[status.deciding_check];
  const bool passed = check && check->last_outcome == probe::Outcome::pass;
  std::string html = "<b>" + escape_html(because.what) + "</b>";
  if (health != Health::up || !passed) {
    html += " <span class=\"do\">" + escape_html(because.advice) + "</span>";
  }
  if (check && !passed && check->last_detail && !check->last_detail->empty()) {
    html += "<div class=\"detail-text\"><bdi>" + escape_html(*check->last_detail) + "</bdi></div>";
  }
  return html;
}

std::string latency_cell(const state::TargetStatus& status) {
  if (!status.health.last_round()) return {};
  const probe::Phases& phases = status.checks[status.deciding_check].last_phases;
  const base::Duration all =
      std::accumulate(phases.begin() + 1, phases.end(), base::Duration::zero());
  return "<div class=\"latency\"><span class=\"now\">" + duration_words(all) + "</span></div>";
}

std::string queue_cell(const state::TargetStatus& status) {
  if (!status.listen_queue) return "–";
  return count_words(status.listen_queue->length) + " / " + count_words(status.listen_queue->limit);
}

std::string pool_cell(const state::TargetIdentity& identity, const state::TargetStatus& status,
                      base::TimePoint now) {
  const phpfpm::StatusPage* page = metrics::fresh_page(identity, status, now);
  // A page from before the trouble began says nothing about it.
  const bool is_from_before =
      status.health.health(now) != Health::up && status.pool.taken < status.health.since();
  if (!page || !page->active_processes || is_from_before) return "–";
  std::string html = count_words(*page->active_processes);
  if (identity.max_children) {
    html += " / " + count_words(*identity.max_children);
  } else if (page->total_processes) {
    html += " / " + count_words(*page->total_processes);
  }
  return html;
}

std::string row(const state::TargetRecord& target, base::TimePoint now) {
  const state::TargetIdentity& identity = target.identity();
  state::TargetStatus status;
  target.copy_to(status);
  const Health health = status.health.health(now);
  const std::optional<base::TimePoint> last = status.health.last_round();
  return "<tr role=\"row\" class=\"" + std::string(label(health)) + "\">" +
         cell("c-health", badge(health)) + cell("c-target", target_cell(identity)) +
         cell("c-why why", why_cell(status, health, now)) +
         cell("c-latency", latency_cell(status)) +
         cell("c-queue number", queue_cell(status), "queue") +
         cell("c-pool number", pool_cell(identity, status, now), "busy") +
         cell("c-age number", last ? age_words(now - *last) : "never", "seen") + "</tr>\n";
}

std::string state_choice(std::string_view value, std::string_view words, std::string_view sign,
                         std::size_t count, bool is_chosen) {
  const std::string id(value.empty() ? "all" : value);
  return "<label class=\"" + id + "\"><input type=\"radio\" name=\"health\" value=\"" +
         std::string(value) + "\"" + (is_chosen ? " checked" : "") + "><span class=\"state\">" +
         (sign.empty()
              ? ""
              : "<span class=\"mark\" aria-hidden=\"true\">" + std::string(sign) + "</span> ") +
         std::string(words) + "<b id=\"count-" + id + "\">" + count_words(count) +
         "</b></span></label>\n";
}

std::string state_choices(const FleetTotals& totals, const TargetQuery& query) {
  const auto count = [&totals](Health health) {
    switch (health) {
      case Health::up:
        return totals.up;
      case Health::saturated:
        return totals.saturated;
      case Health::down:
        return totals.down;
      case Health::unknown:
        return totals.unknown;
    }
    return std::size_t{0};
  };
  std::string html = state_choice("", "all ", "", totals.targets, !query.health);
  for (const Health health : kWorstFirst) {
    html += state_choice(label(health), std::string(label(health)) + ' ', mark(health),
                         count(health), query.health == health);
  }
  return html;
}

std::string pager(const TargetQuery& query, const Selection& selection) {
  std::string html;
  TargetQuery other = query;
  if (query.offset > 0) {
    other.offset = query.offset - std::min(query.offset, query.limit);
    html += link(query_string(other), "← Worse", " rel=\"prev\" data-inside");
  }
  if (selection.matching > 0) {
    html += "<span>" + count_words(query.offset + 1) + "–" +
            count_words(query.offset + selection.shown.size()) + " of " +
            count_words(selection.matching) + "</span>";
  }
  if (query.offset + query.limit < selection.matching) {
    other.offset = query.offset + query.limit;
    html += link(query_string(other), "Better →", " rel=\"next\" data-inside");
  }
  return html;
}

std::string links(const Services& services) {
  const std::string_view metrics = services.telemetry_path;
  return link(metrics.substr(metrics.find_first_not_of('/')), "Metrics") +
         link("config", "Configuration") + link("api/v1/targets", "API") +
         link("sd", "Service discovery") + link("assets/openapi.yaml", "API reference");
}

http::Answer html_answer(std::string html, const http::Request& request) {
  http::Answer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
       "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cache-Control", "no-store"}};
  answer.body = base::one_chunk(std::move(html));
  compress_if_accepted(answer, request);
  return answer;
}

http::Answer status_page(const Services& services, const FleetView& fleet, Now now,
                         const http::Request& request) {
  const base::Result<TargetQuery> read = parse_target_query(request);
  const TargetQuery query = read ? *read : TargetQuery{};
  const Selection selection = select(fleet, query);
  const metrics::ExporterReadings readings = services.readings();
  const bool is_good = readings.config_last_reload_successful;
  std::string rows;
  for (const FleetEntry& entry : selection.shown) rows += row(*entry.record, now.steady);
  const std::string label =
      query.label ? query.label->first + '=' + query.label->second : std::string();
  Values values{
      {"title", escape_html(headline(fleet.totals)) + " · fastcgi_exporter"},
      {"assets", std::string(assets_version())},
      {"version", escape_html(readings.version)},
      {"uptime", age_words(now.steady - services.started)},
      {"config_class", is_good ? "good" : "bad"},
      {"config", is_good ? "configuration in force"
                         : "the new configuration is bad; the one before is in force"},
      {"links", links(services)},
      {"worst", std::string(probe::label(worst(fleet.totals)))},
      {"headline", escape_html(headline(fleet.totals))},
      {"summary", escape_html(summary(fleet.totals))},
      {"states", state_choices(fleet.totals, query)},
      {"q", escape_html(query.text)},
      {"label", escape_html(label)},
      {"problem", read ? "" : escape_html(read.error())},
      {"rows", std::move(rows)},
      {"empty_hidden", selection.shown.empty() ? "" : " hidden"},
      {"empty", fleet.totals.targets == 0 ? "Nothing is watched yet." : "No target matches."},
      {"pager", pager(query, selection)}};
  http::Answer answer = html_answer(fill(asset_text("page.html"), values), request);
  answer.status = read ? 200 : 400;
  return answer;
}

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/plain; charset=utf-8";
}

http::Answer asset_answer(const http::Request& request) {
  const auto found = std::ranges::find(assets(), request.name, &Asset::name);
  if (found == assets().end() || found->name == "page.html") {
    return http::text_answer(404, "There is no such file.\n");
  }
  http::Answer answer;
  answer.content_type = content_type(found->name);
  const bool is_this_version = request.query == assets_version();
  answer.headers = {
      {"Cache-Control", is_this_version ? "public, max-age=31536000, immutable" : "no-cache"},
      {"X-Content-Type-Options", "nosniff"}};
  answer.body = base::one_chunk(std::string(found->text));
  compress_if_accepted(answer, request);
  return answer;
}

}  // namespace

std::vector<http::Route> status_page_routes(std::shared_ptr<const Services> services,
                                            std::shared_ptr<FleetViews> fleet) {
  http::Route page;
  page.path = "/";
  page.cost = http::Cost::pool;
  page.max_at_once = kMaxPagesAtOnce;
  page.answer = [services = std::move(services),
                 fleet = std::move(fleet)](const http::Request& request) {
    const Now now = read_clocks();
    return status_page(*services, *fleet->get(services->board, now.steady), now, request);
  };
  http::Route files;
  files.path = "/assets";
  files.takes_name = true;
  files.cost = http::Cost::pool;
  files.answer = asset_answer;
  return {std::move(page), std::move(files)};
}

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

}  // namespace web
