#include "fastcgi/transcript.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "fastcgi/protocol.h"
#include "fastcgi/response_reader.h"

namespace fastcgi {
namespace {

constexpr std::string_view kSecretParams[] = {"HTTP_AUTHORIZATION", "HTTP_COOKIE", "PHP_VALUE",
                                              "PHP_ADMIN_VALUE"};
constexpr std::string_view kSecretWords[] = {"AUTHORIZATION", "PASSWORD", "PASSWD",
                                             "SECRET",        "TOKEN",    "API_KEY"};
constexpr std::size_t kMaxGarbageBytesShown = 64;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// With the line ends and quotes of `raw` spelled out, since clean_text would make them all look
// alike.
std::string quoted(std::string_view raw, std::size_t limit) {
  std::string out = "\"";
  for (const char c : raw.substr(0, limit)) {
    switch (c) {
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      case '"':
      case '\\':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  out += raw.size() > limit ? "\"..." : "\"";
  return base::clean_text(out, 4 * out.size());  // nothing to cut: U+FFFD takes three bytes
}

// Section 3.4: one byte below 128, else four with the top bit set. Takes the length off `rest`.
std::optional<std::size_t> take_length(std::string_view& rest) {
  if (rest.empty()) return {};
  const std::size_t length_bytes = byte_at(rest, 0) < 0x80 ? 1 : 4;
  if (rest.size() < length_bytes) return {};
  const std::size_t length = length_bytes == 1 ? byte_at(rest, 0) : uint32_at(rest, 0) & 0x7fffffff;
  rest.remove_prefix(length_bytes);
  return length;
}

struct Pair {
  std::string_view name;
  std::string_view value;
};

std::optional<Pair> take_pair(std::string_view& rest) {
  const auto name_bytes = take_length(rest);
  const auto value_bytes = name_bytes ? take_length(rest) : std::nullopt;
  if (!value_bytes || *name_bytes > rest.size() || *value_bytes > rest.size() - *name_bytes) {
    return {};
  }
  const Pair pair{.name = rest.substr(0, *name_bytes),
                  .value = rest.substr(*name_bytes, *value_bytes)};
  rest.remove_prefix(*name_bytes + *value_bytes);
  return pair;
}

std::string describe_pair(const Pair& pair, std::size_t limit) {
  const std::string name = base::clean_text(pair.name, limit);
  if (carries_secret(pair.name)) return name + "=<secret>";
  return name + "=" + base::clean_text(pair.value, limit);
}

std::string describe_pairs(std::string_view content) {
  std::string out;
  while (!content.empty()) {
    if (out.size() >= kMaxTranscriptContentBytes) return out + " ...";
    const std::size_t room = kMaxTranscriptContentBytes - out.size();
    const auto pair = take_pair(content);
    if (!pair) return out + " (a pair is cut off)";
    out += " " + describe_pair(*pair, room);
  }
  return out;
}

std::string describe_begin(std::string_view content) {
  if (content.size() < 3) return " (too short)";
  const std::uint16_t role = uint16_at(content, 0);
  return " role=" + (role == kResponderRole ? "responder" : std::to_string(role)) +
         " keep_conn=" + std::to_string(byte_at(content, 2) & 1);
}

std::string protocol_status_text(std::uint8_t status) {
  switch (ProtocolStatus{status}) {
    case ProtocolStatus::request_complete:
      return "request_complete";
    case ProtocolStatus::cannot_multiplex:
      return "cannot_multiplex";
    case ProtocolStatus::overloaded:
      return "overloaded";
    case ProtocolStatus::unknown_role:
      return "unknown_role";
  }
  return std::to_string(status);
}

std::string describe_end(std::string_view content) {
  if (content.size() < kEndRequestBytes) return " (too short)";
  return " app_status=" + std::to_string(uint32_at(content, 0)) +
         " protocol_status=" + protocol_status_text(byte_at(content, 4));
}

std::string describe_content(RecordType type, std::string_view content) {
  if (type == RecordType::begin_request) return describe_begin(content);
  if (type == RecordType::end_request) return describe_end(content);
  if (content.empty()) return "";
  if (type == RecordType::params || type == RecordType::get_values ||
      type == RecordType::get_values_result) {
    return describe_pairs(content);
  }
  return " " + quoted(content, kMaxTranscriptContentBytes);
}

std::string describe_header(const RecordHeader& header) {
  std::string name(name_of(header.type));
  if (name.empty()) name = "TYPE_" + std::to_string(static_cast<unsigned>(header.type));
  return name + " id=" + std::to_string(header.request_id) +
         " length=" + std::to_string(header.content_bytes) +
         " padding=" + std::to_string(header.padding_bytes);
}

// Takes the first record, or what there is of it, off `bytes`. REQUIRES: bytes.size() >=
// kHeaderBytes
std::string describe_record(std::string_view& bytes) {
  const RecordHeader header = decode_header(bytes);
  bytes.remove_prefix(kHeaderBytes);
  const std::size_t wanted_bytes = std::size_t{header.content_bytes} + header.padding_bytes;
  const std::string_view came = bytes.substr(0, wanted_bytes);
  bytes.remove_prefix(came.size());
  std::string line =
      describe_header(header) + describe_content(header.type, came.substr(0, header.content_bytes));
  if (came.size() == wanted_bytes) return line;
  return line + " (incomplete: " + std::to_string(wanted_bytes - came.size()) + " bytes missing)";
}

}  // namespace

std::vector<std::string> describe_records(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    if (lines.size() + 1 == kMaxTranscriptLines) {
      lines.push_back("(" + std::to_string(bytes.size()) + " more bytes are not shown)");
      break;
    }
    if (byte_at(bytes, 0) != kVersion || bytes.size() < kHeaderBytes) {
      lines.push_back("(" + std::to_string(bytes.size()) + " bytes that are no whole record: " +
                      quoted(bytes, kMaxGarbageBytesShown) + ")");
      break;
    }
    lines.push_back(describe_record(bytes));
  }
  return lines;
}

bool carries_secret(std::string_view param_name) {
  const std::string name = upper(param_name);
  return std::ranges::find(kSecretParams, name) != std::end(kSecretParams) ||
         std::ranges::any_of(kSecretWords, [&](std::string_view word) {
           return name.find(word) != std::string::npos;
         });
}

}  // namespace fastcgi
