#include "web/service_discovery.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace web {
namespace {

TEST(ServiceDiscovery, IsAnEmptyListWithoutTargets) {
  EXPECT_EQ(service_discovery(config::default_config()), "[]\n");
}

TEST(ServiceDiscovery, HasAGroupForEachTarget) {
  config::Config config = config::default_config();
  config::Target www;
  www.name = "www";
  www.address = *base::parse_address("unix:/run/php/www.sock");
  www.module = "php_fpm";
  www.labels = {{"app", "shop \"5\""}};
  config::Target api;
  api.name = "api";
  api.address = *base::parse_address("[::1]:9000");
  api.source = "flag";
  config.targets = {www, api};
  EXPECT_EQ(nlohmann::json::parse(service_discovery(config)), nlohmann::json::parse(R"([
    {"targets": ["www"], "labels": {"__meta_fastcgi_name": "www",
      "__meta_fastcgi_address": "unix:/run/php/www.sock", "__meta_fastcgi_transport": "unix",
      "__meta_fastcgi_module": "php_fpm", "__meta_fastcgi_source": "config",
      "__meta_fastcgi_label_app": "shop \"5\""}},
    {"targets": ["api"], "labels": {"__meta_fastcgi_name": "api",
      "__meta_fastcgi_address": "tcp://[::1]:9000", "__meta_fastcgi_transport": "tcp",
      "__meta_fastcgi_module": "ping", "__meta_fastcgi_source": "flag"}}])"));
}

}  // namespace
}  // namespace web
