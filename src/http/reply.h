// How an answer that is made elsewhere comes back to the front's thread.
#pragma once

#include <functional>
#include <memory>

#include "base/mutex.h"
#include "http/message.h"
#include "net/event_loop.h"

namespace http {

// Posts to an event loop for as long as there is one. Shared by the loop's owner and every reply
// that is still out, which may outlive the loop. Any thread.
class ReturnPath {
 public:
  explicit ReturnPath(net::EventLoop& loop) : loop_(&loop) {}

  void post(std::function<void()> work);  // forgotten when the loop is gone
  void close();                           // before the loop goes

 private:
  base::Mutex mutex_;
  net::EventLoop* loop_ GUARDED_BY(mutex_);
};

// `deliver` runs once on the loop's thread, never inside the call: with the first answer given, or
// with a 500 when the last copy of the reply is dropped without one.
Reply make_reply(std::shared_ptr<ReturnPath> path, std::function<void(Answer)> deliver);

// The route's answer; 500 when it throws, which is logged and never shown to the client.
Answer answer_of(const Route& route, const Request& request) noexcept;
// The same for a parked route: what it throws drops the reply.
void ask_later(const Route& route, const Request& request, Reply reply) noexcept;

}  // namespace http
