// A FastCGI responder for socket tests that does what the test scripted, and nothing of its own:
// one thread, any number of connections at once, no sleeping. It knows the protocol only from the
// specification, not from src/fastcgi.
//
//   ScriptedResponder responder(Where::tcp, {{step::read_request(), step::answer_pong()}});
//   ... probe responder.address() ...
//   ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/address.h"
#include "base/unique_fd.h"
#include "support/logbook.h"
#include "support/script.h"
#include "support/scripted_connection.h"
#include "support/temp_dir.h"

namespace support {

enum class Where { tcp, tcp6, unix_path, abstract_name };  // 127.0.0.1 and [::1] with a free port

struct Listening {
  bool listens = true;  // no: the address is taken, and refuses
  bool accepts = true;  // no: connections stay in the kernel's queue until start_accepting()
  int backlog = 128;
};

class ScriptedResponder {
 public:
  // The first connection plays the first script, and so on; the last script serves all further
  // ones. Throws std::system_error.
  ScriptedResponder(Where where, std::vector<Script> scripts, Listening listening = {});
  // The same at an address of the test's choice, as after a restart. A unix path must be free.
  ScriptedResponder(const base::Address& address, std::vector<Script> scripts,
                    Listening listening = {});
  ~ScriptedResponder();
  ScriptedResponder(const ScriptedResponder&) = delete;
  ScriptedResponder& operator=(const ScriptedResponder&) = delete;

  const base::Address& address() const { return address_; }

  void signal();           // one wait_for_signal() goes on; counted, so it may come before the step
  void start_accepting();  // from now on, when `accepts` was false

  Counts counts() const { return logbook_.counts(); }
  // The bytes of each request, as they came.
  std::vector<std::string> requests() const { return logbook_.requests(); }
  // Waits until the counts are as wanted; false when that takes longer than any healthy machine
  // needs.
  bool wait_for(const std::function<bool(const Counts&)>& reached) const {
    return logbook_.wait_for(reached);
  }

 private:
  void listen_at(const base::Address& wanted);
  void run();
  void wake() const;
  void accept_all();
  void play_all();
  void wait_for_events();

  const std::vector<Script> scripts_;
  const Listening listening_;
  std::optional<TempDir> directory_;  // of the socket, when the path is ours
  base::Address address_;
  base::UniqueFd listener_;
  base::UniqueFd wakeup_;
  Logbook logbook_;
  std::atomic<bool> is_accepting_;
  std::atomic<bool> is_stopping_ = false;

  // Only the thread's.
  std::vector<std::unique_ptr<ScriptedConnection>> connections_;
  std::size_t accepted_ = 0;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace support
