#include "web/service_discovery.h"

#include <nlohmann/json.hpp>

namespace web {

std::string service_discovery(const config::Config& config) {
  using Json = nlohmann::ordered_json;
  Json groups = Json::array();
  for (const config::Target& target : config.targets) {
    Json labels = {{"__meta_fastcgi_name", target.name},
                   {"__meta_fastcgi_address", target.address.text()},
                   {"__meta_fastcgi_transport", base::label(target.address.transport)},
                   {"__meta_fastcgi_module", target.module},
                   {"__meta_fastcgi_source", target.source}};
    for (const auto& [name, value] : target.labels) labels["__meta_fastcgi_label_" + name] = value;
    groups.push_back({{"targets", {target.name}}, {"labels", std::move(labels)}});
  }
  return groups.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace web
