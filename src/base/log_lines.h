// How one event becomes one line of text. Pure: the time is an argument, and where the line goes is
// log_sink.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/time.h"

namespace base::log {

std::string_view label(Level level);  // "debug", "info", "warn", "error"

// logfmt: time=2026-11-22T21:00:00.123Z level=info msg="target is down" target=www
// json:   {"time":"2026-11-22T21:00:00.123Z","level":"info","msg":"target is down","target":"www"}
//
// Ends in '\n' and has at most kMaxLineBytes. Message and values may be anything: they come out as
// valid UTF-8 with control characters escaped, so that a line stays one line. A line that would be
// longer stays well-formed: the value that does not fit is cut and ends in "..."; fields with no
// room at all are replaced by one field more=... . Keys are ours, never from outside: letters,
// digits, '.' and '_'.
std::string format_line(Format format, WallTime time, Level level, std::string_view message,
                        std::span<const Field> fields);

}  // namespace base::log
