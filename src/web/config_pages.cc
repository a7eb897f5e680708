#include "web/config_pages.h"

#include <string>
#include <utility>

#include "base/chunks.h"
#include "base/mutex.h"
#include "config/effective.h"
#include "web/service_discovery.h"

namespace web {
namespace {

std::string effective(const config::Config& config) {
  return config::effective_yaml(config, config::Secrets::hidden);
}

class ConfigPage {
 public:
  using Write = std::string (*)(const config::Config& config);
  ConfigPage(std::shared_ptr<const Services> services, Write write)
      : services_(std::move(services)), write_(write) {}

  // Kept only while somebody sends it.
  http::Answer answer() EXCLUDES(mutex_) {
    http::Answer answer;
    base::MutexLock lock(mutex_);  // while writing, so that those who come together wait for one
    const auto config = services_->config();
    answer.body = body_.lock();
    if (answer.body != nullptr && of_.lock() == config) return answer;
    answer.body = base::one_chunk(write_(*config));
    body_ = answer.body;
    of_ = config;
    return answer;
  }

 private:
  const std::shared_ptr<const Services> services_;
  const Write write_;
  base::Mutex mutex_;
  std::weak_ptr<const base::Chunks> body_ GUARDED_BY(mutex_);
  std::weak_ptr<const config::Config> of_ GUARDED_BY(mutex_);
};

http::Route config_route(std::string path) {
  http::Route route;
  route.path = std::move(path);
  route.cost = http::Cost::pool;
  route.max_at_once = kMaxConfigPagesAtOnce;
  return route;
}

}  // namespace

std::vector<http::Route> config_routes(const std::shared_ptr<const Services>& services) {
  http::Route config = config_route("/config");
  config.answer = [page = std::make_shared<ConfigPage>(services, effective)](const http::Request&) {
    http::Answer answer = page->answer();
    answer.headers = {{"X-Content-Type-Options", "nosniff"}};
    return answer;
  };
  http::Route discovery = config_route("/sd");
  discovery.answer =
      [page = std::make_shared<ConfigPage>(services, service_discovery)](const http::Request&) {
        http::Answer answer = page->answer();
        answer.content_type = "application/json";
        return answer;
      };
  return {std::move(discovery), std::move(config)};
}

}  // namespace web
