#include "app/demo.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/daemon.h"
#include "app/demo_responder.h"
#include "config/load.h"

namespace app {
namespace {

using std::chrono::seconds;
using Mood = DemoScene::Mood;

struct DemoTarget {
  const char* name;
  const char* story;
  std::vector<DemoScene> scenes;
};

const std::vector<DemoTarget>& demo_targets() {
  static const std::vector<DemoTarget> targets{
      {"shop", "always quick", {{Mood::quick, seconds(60)}}},
      {"search", "quick, then slow", {{Mood::quick, seconds(12)}, {Mood::slow, seconds(12)}}},
      {"blog",
       "shows a maintenance page now and then",
       {{Mood::quick, seconds(15)}, {Mood::wrong_answer, seconds(8)}}},
      {"checkout",
       "has no worker free now and then: saturated, not down",
       {{Mood::quick, seconds(10)}, {Mood::busy, seconds(10)}}},
      {"reports", "hangs now and then", {{Mood::quick, seconds(14)}, {Mood::silent, seconds(7)}}},
      {"legacy", "stops and comes back", {{Mood::quick, seconds(20)}, {Mood::away, seconds(10)}}},
  };
  return targets;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "fastcgi_exporter_demo.XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::system_error(errno, std::system_category(), pattern);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // the folder may be gone already, and nothing is lost if it stays
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

config::Module demo_module() {
  config::Module module;
  module.name = "demo";
  module.interval = seconds(1);
  module.timeout = std::chrono::milliseconds(500);
  module.abandon_after = seconds(10);
  module.health.rise = 1;
  module.health.fall = 2;
  module.health.start_grace = seconds(10);
  module.checks = {probe::CheckSettings{}};
  module.require = {"ping"};
  return module;
}

std::string browsable(const base::Address& address) {
  if (address.transport == base::Transport::unix_socket) return address.text();
  const bool any = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
  const std::string host = any ? "127.0.0.1" : address.host;
  return "http://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(address.port);
}

void explain(const std::vector<base::Address>& bound, const std::string& metrics) {
  const std::string url = browsable(bound.front());
  std::cout << "\nThis is the demo: " << demo_targets().size()
            << " FastCGI responders run inside this process, each with a story of its own,\n"
               "and the exporter asks each of them once a second.\n\n";
  for (const DemoTarget& target : demo_targets())
    std::cout << "  " << target.name << ": " << target.story << "\n";
  std::cout << "\nOpen " << url << "/                        every target and why\n"
            << "     " << url << metrics
            << "                 what Prometheus scrapes; values change every second\n"
            << "     " << url
            << "/fcgi-ping?verbose         is every target up? (also /fcgi-ping/blog)\n"
            << "     " << url << "/healthz                   is the exporter itself well?\n\n"
            << "Then watch your own: fastcgi_exporter --fastcgi.target=127.0.0.1:9000\nCtrl-C ends "
               "the demo.\n\n"
            << std::flush;
}

}  // namespace

void run_demo(const CommandLine& line, config::Config config, Signals& signals) {
  const TemporaryFolder folder;
  std::vector<std::unique_ptr<DemoResponder>> responders;
  config.modules["demo"] = demo_module();
  config.targets.clear();
  for (const DemoTarget& target : demo_targets()) {
    const std::string path = folder.file(std::string(target.name) + ".sock");
    responders.push_back(std::make_unique<DemoResponder>(path, target.scenes));
    config::Target watched;
    watched.name = target.name;
    watched.address = {
        .transport = base::Transport::unix_socket, .host = {}, .port = 0, .path = path};
    watched.module = "demo";
    watched.source = "demo";
    config.targets.push_back(std::move(watched));
  }
  const std::string metrics = config.web.telemetry_path;
  config::Loaded same;  // nobody writes a file for the demo
  same.config = config;
  run_daemon(std::move(config), signals,
             {.load = [same]() -> base::Result<config::Loaded> { return same; },
              .enable_lifecycle = line.enable_lifecycle,
              .web_config_file = line.web_config_file,
              .on_started = [metrics](const auto& bound) { explain(bound, metrics); }});
}

}  // namespace app
