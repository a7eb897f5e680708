// What a ResponseReader makes of some bytes, as a value to compare: however they are cut, it must
// be the same.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "fastcgi/response_reader.h"

namespace fastcgi {

struct Reading {
  Progress progress = Progress::need_more;
  Response response;
  std::string problem;

  static Reading of(Progress progress, const ResponseReader& reader) {
    return {.progress = progress, .response = reader.response(), .problem = reader.problem()};
  }
};

inline bool operator==(const Response& a, const Response& b) {
  return a.request_id == b.request_id && a.status == b.status && a.body == b.body &&
         a.stderr_text == b.stderr_text && a.stderr_bytes == b.stderr_bytes &&
         a.app_status == b.app_status && a.protocol_status == b.protocol_status;
}

inline bool operator==(const Reading& a, const Reading& b) {
  return a.progress == b.progress && a.response == b.response && a.problem == b.problem;
}

inline std::string_view word_for(Progress progress) {
  constexpr std::string_view kWords[] = {"need_more", "complete", "protocol_error", "not_fastcgi",
                                         "too_large"};
  return kWords[static_cast<int>(progress)];
}

inline std::string_view word_for(ProtocolStatus status) {
  constexpr std::string_view kWords[] = {"request_complete", "cannot_multiplex", "overloaded",
                                         "unknown_role"};
  return kWords[static_cast<int>(status)];
}

inline std::ostream& operator<<(std::ostream& out, const Reading& reading) {
  return out << word_for(reading.progress) << " (" << reading.problem << ") status "
             << reading.response.status << ", " << reading.response.body.size() << " bytes of body";
}

inline Reading read_in_pieces(std::string_view bytes, std::size_t piece_bytes,
                              std::uint16_t request_id = kRequestId) {
  ResponseReader reader(request_id);
  Progress progress = reader.feed({});
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    progress = reader.feed(bytes.substr(at, piece_bytes));
  }
  return Reading::of(progress, reader);
}

inline Reading read_whole(std::string_view bytes, std::uint16_t request_id = kRequestId) {
  return read_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1), request_id);
}

struct CutReading {
  Progress progress_at_cut;
  Reading reading;
};

inline CutReading read_cut_at(std::string_view bytes, std::size_t cut,
                              std::uint16_t request_id = kRequestId) {
  ResponseReader reader(request_id);
  const Progress progress_at_cut = reader.feed(bytes.substr(0, cut));
  return {progress_at_cut, Reading::of(reader.feed(bytes.substr(cut)), reader)};
}

}  // namespace fastcgi
