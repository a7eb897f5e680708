// One accepted connection of a scripted responder: plays its script as far as its socket allows.
// Used by the responder's thread alone; what the test may see of it goes to the logbook.
#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/unique_fd.h"
#include "support/logbook.h"
#include "support/script.h"

namespace support {

class ScriptedConnection {
 public:
  // The script and the logbook live longer.
  ScriptedConnection(base::UniqueFd fd, const Script& script, Logbook& logbook);

  // Plays as many steps as the socket allows now; false when the connection is over.
  bool play(base::TimePoint now);

  // What to wait for before playing on.
  pollfd wanted() const { return {.fd = fd_.get(), .events = events_, .revents = 0}; }
  std::optional<base::TimePoint> due() const { return due_; }

 private:
  enum class Played { done, waits, over };

  Played play_step(const Step& step, base::TimePoint now);
  Played read_request();
  Played read_until_close();
  Played receive();
  Played send_all(std::string_view bytes);
  Played send_forever(std::string_view bytes);
  Played drip(const Step& step, base::TimePoint now);
  Played send_some(std::string_view bytes);
  Played wait_or_notice_close();
  Played waits_for(short events);
  Played closed_by_peer();
  Played reset();

  base::UniqueFd fd_;
  const Script& script_;
  Logbook& logbook_;
  std::size_t next_ = 0;  // step
  std::size_t sent_ = 0;  // bytes of this step
  std::string input_;
  std::uint16_t request_id_ = 1;
  base::TimePoint next_drop_;
  short events_ = 0;
  std::optional<base::TimePoint> due_;
};

}  // namespace support
