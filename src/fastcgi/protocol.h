// The FastCGI 1.0 wire format, as far as a client needs it. Pure.
//
// Everything on the wire is a record (section 3.3): eight header bytes, content, padding.
//
//      0         1        2         3        4         5        6         7
//  +---------+------+----------------+---------------------+---------+----------+
//  | version | type | request id     | content length      | padding | reserved |
//  | 1       |      | high byte, low | high byte, low byte | length  |          |
//  +---------+------+----------------+---------------------+---------+----------+
//
// A conversation: BEGIN_REQUEST, PARAMS..., PARAMS (empty), STDIN (empty) one way; STDOUT and
// STDERR in any order, END_REQUEST the other way. An empty stream record ends that stream; PHP-FPM
// sends none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fastcgi {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 8;
inline constexpr std::size_t kEndRequestBytes = 8;  // content of END_REQUEST, section 5.5

// Section 8. A responder answers a request with standard_output, standard_error and end_request
// only.
enum class RecordType : std::uint8_t {
  begin_request = 1,
  abort_request = 2,
  end_request = 3,
  params = 4,
  standard_input = 5,
  standard_output = 6,
  standard_error = 7,
  data = 8,
  get_values = 9,  // from here on: management records, request id 0
  get_values_result = 10,
  unknown_type = 11,
};

// As the specification spells it, e.g. "STDOUT"; empty for a value that it does not name.
std::string_view name_of(RecordType type);

inline constexpr std::uint16_t kManagementId = 0;
inline constexpr std::uint16_t kResponderRole = 1;  // section 6.2

struct RecordHeader {
  std::uint8_t version = kVersion;
  RecordType type{};  // may hold a value that no enumerator names
  std::uint16_t request_id = 0;
  std::uint16_t content_bytes = 0;
  std::uint8_t padding_bytes = 0;
};

inline std::uint8_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

inline std::uint16_t uint16_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint16_t>(byte_at(bytes, index) << 8 | byte_at(bytes, index + 1));
}

inline std::uint32_t uint32_at(std::string_view bytes, std::size_t index) {
  return std::uint32_t{uint16_at(bytes, index)} << 16 | uint16_at(bytes, index + 2);
}

// REQUIRES: bytes.size() >= kHeaderBytes
inline RecordHeader decode_header(std::string_view bytes) {
  return {.version = byte_at(bytes, 0),
          .type = RecordType{byte_at(bytes, 1)},
          .request_id = uint16_at(bytes, 2),
          .content_bytes = uint16_at(bytes, 4),
          .padding_bytes = byte_at(bytes, 6)};
}

}  // namespace fastcgi
