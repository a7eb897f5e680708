// A small FastCGI responder inside the demo: one listener and one thread, which behaves well,
// slowly, wrongly or not at all. Not part of the exporter proper: it exists so that there is
// something to watch on a machine with nothing installed.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace app {

// What a responder does, one scene after the other, over and over.
struct DemoScene {
  // busy: connections stay in the accept queue; away: nobody listens
  enum class Mood { quick, slow, wrong_answer, silent, busy, away };
  Mood mood = Mood::quick;
  base::Duration lasts = std::chrono::seconds(10);
};

class DemoResponder {
 public:
  // Listens on the unix socket `path`; throws std::system_error. The scenes are not empty.
  DemoResponder(std::string path, std::vector<DemoScene> scenes);
  ~DemoResponder();  // stops the thread and removes the socket

 private:
  void run();
  void serve_scene(const DemoScene& scene, base::TimePoint until);
  void answer_next(const DemoScene& scene, base::TimePoint until);
  void open_listener();

  const std::string path_;
  const std::vector<DemoScene> scenes_;
  base::UniqueFd listener_;
  base::UniqueFd stop_;  // an eventfd
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace app
