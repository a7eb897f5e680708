#include "http/reply.h"

#include <atomic>
#include <exception>
#include <utility>

#include "base/log.h"

namespace http {
namespace {

Answer failed_answer() {
  return text_answer(500, "This page failed; the exporter's log says why.\n");
}

void log_failure(const Route& route, const char* what) {
  base::log::error("a page failed", {{"path", route.path}, {"error", what}});
}

class ReplyState {
 public:
  ReplyState(std::shared_ptr<ReturnPath> path, std::function<void(Answer)> deliver)
      : path_(std::move(path)), deliver_(std::move(deliver)) {}
  ~ReplyState() { give(failed_answer()); }
  ReplyState(const ReplyState&) = delete;
  ReplyState& operator=(const ReplyState&) = delete;

  void give(Answer answer) {
    if (given_.exchange(true)) return;
    path_->post([deliver = std::move(deliver_), answer = std::move(answer)]() mutable {
      deliver(std::move(answer));
    });
  }

 private:
  std::shared_ptr<ReturnPath> path_;
  std::function<void(Answer)> deliver_;
  std::atomic<bool> given_{false};
};

}  // namespace

void ReturnPath::post(std::function<void()> work) {
  base::MutexLock lock(mutex_);
  if (loop_ != nullptr) loop_->post(std::move(work));
}

void ReturnPath::close() {
  base::MutexLock lock(mutex_);
  loop_ = nullptr;
}

Reply make_reply(std::shared_ptr<ReturnPath> path, std::function<void(Answer)> deliver) {
  // Shared by the copies of the reply: the last one that goes sees that no answer was given.
  auto state = std::make_shared<ReplyState>(std::move(path), std::move(deliver));
  return [state](Answer answer) { state->give(std::move(answer)); };
}

Answer answer_of(const Route& route, const Request& request) noexcept {
  try {
    return route.answer(request);
  } catch (const std::exception& error) {
    log_failure(route, error.what());
  } catch (...) {
    log_failure(route, "not a std::exception");
  }
  return failed_answer();
}

void ask_later(const Route& route, const Request& request, Reply reply) noexcept {
  try {
    route.answer_later(request, std::move(reply));
  } catch (const std::exception& error) {
    log_failure(route, error.what());
  } catch (...) {
    log_failure(route, "not a std::exception");
  }
}

}  // namespace http
