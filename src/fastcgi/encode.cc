#include "fastcgi/encode.h"

#include <string_view>

#include "base/text.h"
#include "fastcgi/protocol.h"

namespace fastcgi {
namespace {

// A multiple of 8, as PHP-FPM itself writes. It resets a connection for a record whose content and
// padding exceed 65535 together; we never pad, yet stay clear of that edge.
constexpr std::size_t kMaxParamsContentBytes = 65528;
constexpr std::size_t kMaxShortLength = 127;  // section 3.4: longer ones take four bytes
constexpr std::size_t kMaxNameShownBytes = 80;

void append_byte(std::string& out, std::size_t value) {
  out.push_back(static_cast<char>(static_cast<unsigned char>(value)));
}

void append_uint16(std::string& out, std::size_t value) {
  append_byte(out, value >> 8);
  append_byte(out, value & 0xff);
}

void append_record(std::string& out, RecordType type, std::uint16_t request_id,
                   std::string_view content) {
  append_byte(out, kVersion);
  append_byte(out, static_cast<std::size_t>(type));
  append_uint16(out, request_id);
  append_uint16(out, content.size());
  append_byte(out, 0);  // padding: optional by section 3.3, and every known responder does without
  append_byte(out, 0);
  out.append(content);
}

void append_begin_request(std::string& out, std::uint16_t request_id) {
  std::string body;
  append_uint16(body, kResponderRole);
  body.append(6, '\0');  // flags (KEEP_CONN off) and five reserved bytes
  append_record(out, RecordType::begin_request, request_id, body);
}

void append_length(std::string& out, std::size_t length) {
  if (length <= kMaxShortLength) return append_byte(out, length);
  append_uint16(out, 0x8000 | length >> 16);
  append_uint16(out, length & 0xffff);
}

std::size_t length_bytes(std::size_t length) {
  return length <= kMaxShortLength ? 1 : 4;
}

std::size_t pair_bytes(std::string_view name, std::string_view value) {
  return length_bytes(name.size()) + length_bytes(value.size()) + name.size() + value.size();
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  append_length(out, name.size());
  append_length(out, value.size());
  out.append(name).append(value);
}

base::Unexpected too_long(std::string_view name, std::size_t bytes) {
  return {"FastCGI parameter " + base::clean_text(name, kMaxNameShownBytes) + " takes " +
          std::to_string(bytes) + " bytes, but a record holds " +
          std::to_string(kMaxParamsContentBytes) + ": shorten its value"};
}

}  // namespace

base::Result<std::string> encode_request(const Params& params, std::uint16_t request_id) {
  std::string request;
  append_begin_request(request, request_id);
  std::string content;  // of the PARAMS record under way
  for (const auto& [name, value] : params) {
    const std::size_t bytes = pair_bytes(name, value);
    if (bytes > kMaxParamsContentBytes) return too_long(name, bytes);
    if (content.size() + bytes > kMaxParamsContentBytes) {
      append_record(request, RecordType::params, request_id, content);
      content.clear();
    }
    append_pair(content, name, value);
  }
  if (!content.empty()) append_record(request, RecordType::params, request_id, content);
  append_record(request, RecordType::params, request_id, {});
  append_record(request, RecordType::standard_input, request_id, {});
  return request;
}

}  // namespace fastcgi
