#include "app/ask_exporter.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "app/resolve_once.h"
#include "base/text.h"
#include "http/client.h"
#include "probe/wording.h"
#include "web/route_prefix.h"

namespace app {
namespace {

using probe::Health;

constexpr const char* kOpenPages =
    "start it with --web.unauthenticated-paths=/healthz,/fcgi-ping,/fcgi-live,/fcgi-ready, which "
    "open these pages to everybody";

base::Result<http::ClientAnswer> ask_at(const base::Address& server, const std::string& path,
                                        base::TimePoint deadline) {
  try {
    auto found = resolve_once(http::reachable(server), deadline);
    if (!found) return base::Unexpected{found.error()};
    std::vector<base::SocketAddress> addresses = std::move(found).value();
    // Of "localhost" the exporter takes the IPv4 one.
    std::stable_partition(addresses.begin(), addresses.end(),
                          [](const auto& each) { return each.family() == AF_INET; });
    return http::get(addresses, path, deadline);
  } catch (const std::runtime_error& shortage) {  // no descriptor, no thread
    return base::Unexpected{shortage.what()};
  }
}

std::optional<Health> parse_health(std::string_view text) {
  for (const Health health : {Health::up, Health::saturated, Health::down, Health::unknown}) {
    if (text == probe::label(health)) return health;
  }
  return std::nullopt;
}

std::string one_line(std::string_view body) {
  while (body.ends_with('\n')) body.remove_suffix(1);
  return body.empty() ? "" : base::clean_text(body, http::kMaxClientBodyBytes) + "\n";
}

// Any server may answer 200 to anything: what no header of ours comes with says nothing.
std::string stranger(const base::Address& server, const http::ClientAnswer& answer) {
  return "what answers at " + server.text() +
         " is not a fastcgi_exporter, or has no such page (status " +
         std::to_string(answer.status) + ": " + probe::in_quotes(answer.body) +
         "); say where it is with --config.file, or with --web.listen-address and "
         "--web.route-prefix, as the exporter was told";
}

}  // namespace

base::Result<ExporterAnswer> ask_exporter(const config::Web& web, const std::string& path,
                                          base::Duration timeout) {
  const base::Address& server = web.listen_address.front();
  const auto answer =
      ask_at(server, web::prefixed(web.route_prefix, path), base::Clock::now() + timeout);
  if (!answer) {
    return base::Unexpected{"no answer from the exporter at " + server.text() + " (" +
                            answer.error() +
                            "); is it running there? Say where with --config.file or "
                            "--web.listen-address, as the exporter was told"};
  }
  if (answer->status == 401 || answer->status == 429) {
    return base::Unexpected{"what answers at " + server.text() +
                            (answer->status == 401 ? " wants a login" : " has a rate limit") +
                            "; if it is the exporter, " + kOpenPages};
  }
  const std::optional<Health> health = parse_health(answer->health);
  if (!health && !answer->unknown_target && !answer->is_exporter)
    return base::Unexpected{stranger(server, *answer)};
  return ExporterAnswer{.status = answer->status,
                        .text = one_line(answer->body),
                        .health = health.value_or(Health::unknown),
                        .unknown_target = answer->unknown_target};
}

}  // namespace app
