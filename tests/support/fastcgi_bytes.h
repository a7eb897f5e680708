// What a FastCGI responder sends, built byte by byte from the specification: on purpose without
// src/fastcgi, so that the code under test never checks itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace support {

inline constexpr std::uint8_t kEndRequest = 3, kStdout = 6, kStderr = 7;
inline constexpr std::uint8_t kRequestComplete = 0, kCantMultiplex = 1, kOverloaded = 2,
                              kUnknownRole = 3;

struct RecordShape {
  std::uint16_t request_id = 1;
  std::uint8_t padding = 0;
};

// version type id id length length padding reserved, content, padding. At most 65,535 bytes of
// content.
inline std::string record(std::uint8_t type, std::string_view content, RecordShape shape = {}) {
  std::string bytes;
  const auto put = [&bytes](std::size_t byte) { bytes += static_cast<char>(byte & 0xFFU); };
  put(1);
  put(type);
  put(shape.request_id >> 8U);
  put(shape.request_id);
  put(content.size() >> 8U);
  put(content.size());
  put(shape.padding);
  put(0);
  bytes += content;
  bytes.append(shape.padding, '\0');
  return bytes;
}

inline std::string stdout_record(std::string_view content, RecordShape shape = {}) {
  return record(kStdout, content, shape);
}

inline std::string stderr_record(std::string_view content, RecordShape shape = {}) {
  return record(kStderr, content, shape);
}

struct Ending {
  std::uint32_t app_status = 0;
  std::uint8_t protocol_status = kRequestComplete;
};

inline std::string end_request(Ending ending = {}, RecordShape shape = {}) {
  std::string content;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    content += static_cast<char>((ending.app_status >> shift) & 0xFFU);
  }
  content += static_cast<char>(ending.protocol_status);
  content.append(3, '\0');
  return record(kEndRequest, content, shape);
}

// A whole answer: one STDOUT record with the CGI headers and the body, the end of STDOUT,
// END_REQUEST.
inline std::string answer(std::string_view stdout_text, RecordShape shape = {}) {
  return stdout_record(stdout_text, shape) + stdout_record("", shape) + end_request({}, shape);
}

// What PHP-FPM's ping page says.
inline std::string pong_answer(RecordShape shape = {}) {
  return answer("Content-type: text/plain;charset=UTF-8\r\n\r\npong", shape);
}

}  // namespace support
