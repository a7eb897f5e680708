// Turns the bytes of a FastCGI answer into a Response, in pieces of any size; how they are cut
// never changes the result. Pure: no I/O, no clock. One reader per exchange, used by one thread.
// Memory is bounded whatever the peer sends.
//
// Accepted because real responders do it: STDOUT and STDERR in any order and cut anywhere, stream
// ends or none, any padding, anything in reserved bytes, management records and unknown types (both
// skipped), and END_REQUEST with CANT_MPX_CONN for another id (libfcgi refuses a second request so;
// it says nothing about ours). Refused: any other record with another id, for then the body may be
// somebody else's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "fastcgi/encode.h"
#include "fastcgi/protocol.h"

namespace fastcgi {

inline constexpr std::size_t kMaxAnswerBytes = 1 << 20;      // STDOUT content; more is too_large
inline constexpr std::size_t kMaxStderrKeptBytes = 4 << 10;  // the rest is counted, not kept
// All records together: ends an endless stderr or padding.
inline constexpr std::size_t kMaxWireBytes = 8 << 20;

// END_REQUEST's protocolStatus, FastCGI 1.0 section 5.5.
enum class ProtocolStatus : std::uint8_t {
  request_complete = 0,
  cannot_multiplex = 1,
  overloaded = 2,
  unknown_role = 3,
};

struct Response {
  std::uint16_t request_id = 0;
  int status = 200;         // of the Status header or status line; a missing one means 200
  std::string body;         // what follows the headers; all of STDOUT until they are split off
  std::string stderr_text;  // raw; clean before showing
  std::uint64_t stderr_bytes = 0;
  std::uint32_t app_status = 0;  // the script's exit status; 0 says nothing about success
  ProtocolStatus protocol_status = ProtocolStatus::request_complete;
};

enum class Progress {
  need_more,       // not yet at the last byte of END_REQUEST
  complete,        // the response is whole; later bytes are ignored
  protocol_error,  // FastCGI records, but not a legal answer
  not_fastcgi,     // another protocol is spoken there (HTTP, TLS, ...)
  too_large,       // a bound above was passed
};

class ResponseReader {
 public:
  explicit ResponseReader(std::uint16_t request_id = kRequestId);

  // Once it says anything but need_more, it says the same for ever.
  Progress feed(std::string_view bytes);

  // What has been read so far; status and body are split only when complete with request_complete.
  const Response& response() const { return response_; }
  Response take_response() { return std::move(response_); }
  // For people, after protocol_error, not_fastcgi or too_large: what was wrong, with no bytes of
  // the peer.
  const std::string& problem() const { return problem_; }
  std::uint64_t bytes_fed() const { return bytes_fed_; }

 private:
  // A record arrives as three parts; each of them may be empty and come in any number of pieces.
  enum class Part : std::uint8_t { header, content, padding };

  void take(std::string_view piece);
  void take_content(std::string_view piece);
  void collect(std::string_view piece);
  bool is_whole_header(std::string_view bytes) const;
  void begin_record(const RecordHeader& header);
  void enter_next_part();
  void refuse_other_protocols();
  void check_record();
  void check_standard_output();
  void check_end_request();
  void finish_request();
  void split_output_of_script();
  void fail(Progress progress, std::string problem);
  bool is_ours() const { return record_.request_id == response_.request_id; }

  Response response_;
  std::string problem_;
  std::uint64_t bytes_fed_ = 0;
  Progress progress_ = Progress::need_more;
  Part part_ = Part::header;
  std::size_t part_bytes_left_ = kHeaderBytes;
  RecordHeader record_;              // the one under way; valid in content and padding
  std::array<char, 8> collected_{};  // a header, or the fields of END_REQUEST
  std::size_t collected_bytes_ = 0;
  bool is_first_header_ = true;
};

}  // namespace fastcgi
