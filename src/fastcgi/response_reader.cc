#include "fastcgi/response_reader.h"

#include "fastcgi/cgi_headers.h"

namespace fastcgi {
namespace {

// How a server of another protocol greets, or answers our request. None is the beginning of
// another.
struct Greeting {
  std::string_view first_bytes;
  std::string_view speaker;
};
constexpr Greeting kGreetings[] = {
    {"HTTP/", "an HTTP server"},  {"<", "an HTTP server"},   {"\x15\x03", "a TLS server"},
    {"\x16\x03", "a TLS server"}, {"SSH-", "an SSH server"}, {"220", "an SMTP or FTP server"},
    {"-", "a Redis server"},
};

bool is_management_or_unknown(RecordType type) {
  return type < RecordType::begin_request || type > RecordType::data;
}

std::string foreign_id(std::uint16_t got, std::uint16_t asked) {
  return "a record for request id " + std::to_string(got) + " came, but only id " +
         std::to_string(asked) + " was asked";
}

}  // namespace

ResponseReader::ResponseReader(std::uint16_t request_id) {
  response_.request_id = request_id;
}

Progress ResponseReader::feed(std::string_view bytes) {
  const std::uint64_t fed_before = bytes_fed_;
  bytes_fed_ += bytes.size();
  if (progress_ != Progress::need_more) return progress_;
  std::string_view rest = bytes.substr(0, kMaxWireBytes - fed_before);
  while (progress_ == Progress::need_more && !rest.empty()) {
    if (is_whole_header(rest)) {  // as nearly always: read where it is
      begin_record(decode_header(rest));
      if (progress_ != Progress::need_more) break;
      rest.remove_prefix(kHeaderBytes);
    }
    const std::string_view piece = rest.substr(0, part_bytes_left_);
    rest.remove_prefix(piece.size());
    part_bytes_left_ -= piece.size();
    take(piece);
    while (progress_ == Progress::need_more && part_bytes_left_ == 0) enter_next_part();
  }
  if (progress_ == Progress::need_more && bytes_fed_ > kMaxWireBytes) {
    fail(Progress::too_large,
         "no END_REQUEST came within " + std::to_string(kMaxWireBytes) + " bytes of records");
  }
  return progress_;
}

void ResponseReader::take(std::string_view piece) {
  switch (part_) {
    case Part::header:
      collect(piece);
      if (is_first_header_) refuse_other_protocols();
      return;
    case Part::content:
      return take_content(piece);
    case Part::padding:
      return;
  }
}

void ResponseReader::take_content(std::string_view piece) {
  if (record_.type == RecordType::standard_output) {
    response_.body.append(piece);
  } else if (record_.type == RecordType::standard_error) {
    response_.stderr_bytes += piece.size();
    response_.stderr_text.append(piece, 0, kMaxStderrKeptBytes - response_.stderr_text.size());
  } else if (record_.type == RecordType::end_request) {
    collect(piece);
  }
}

// What does not fit is dropped: END_REQUEST says nothing beyond its first eight bytes.
void ResponseReader::collect(std::string_view piece) {
  collected_bytes_ +=
      piece.copy(collected_.data() + collected_bytes_, collected_.size() - collected_bytes_);
}

// Another first byte is the affair of refuse_other_protocols().
bool ResponseReader::is_whole_header(std::string_view bytes) const {
  return part_ == Part::header && collected_bytes_ == 0 && bytes.size() >= kHeaderBytes &&
         byte_at(bytes, 0) == kVersion;
}

void ResponseReader::begin_record(const RecordHeader& header) {
  is_first_header_ = false;
  record_ = header;
  collected_bytes_ = 0;
  check_record();
  part_ = Part::content;
  part_bytes_left_ = record_.content_bytes;
}

// A record ends with its own last byte, not with the byte after it: the peer may send nothing more.
void ResponseReader::enter_next_part() {
  switch (part_) {
    case Part::header:
      return begin_record(decode_header({collected_.data(), collected_.size()}));
    case Part::content:
      part_ = Part::padding;
      part_bytes_left_ = record_.padding_bytes;
      return;
    case Part::padding:
      if (record_.type == RecordType::end_request) finish_request();
      collected_bytes_ = 0;
      part_ = Part::header;
      part_bytes_left_ = kHeaderBytes;
      return;
  }
}

// Judges as soon as the bytes allow: a TLS alert is shorter than a record header, and nothing need
// follow it.
void ResponseReader::refuse_other_protocols() {
  const std::string_view seen(collected_.data(), collected_bytes_);
  if (byte_at(seen, 0) == kVersion) return;
  bool may_become_known = false;
  for (const auto& [first_bytes, speaker] : kGreetings) {
    if (seen.starts_with(first_bytes)) {
      return fail(Progress::not_fastcgi, std::string(speaker) + " answers at this address");
    }
    may_become_known |= first_bytes.starts_with(seen);
  }
  if (may_become_known) return;
  fail(Progress::not_fastcgi, "the answer begins with byte " + std::to_string(byte_at(seen, 0)) +
                                  ", where FastCGI has its version, 1");
}

void ResponseReader::check_record() {
  if (record_.version != kVersion) {
    return fail(Progress::protocol_error, "a later record is of version " +
                                              std::to_string(record_.version) + " instead of 1");
  }
  if (record_.type == RecordType::end_request) return check_end_request();
  const bool is_for_connection =
      record_.request_id == kManagementId && is_management_or_unknown(record_.type);
  if (!is_ours() && !is_for_connection) {
    return fail(Progress::protocol_error, foreign_id(record_.request_id, response_.request_id));
  }
  if (record_.type == RecordType::standard_output) return check_standard_output();
  if (record_.type == RecordType::standard_error || is_management_or_unknown(record_.type)) return;
  fail(Progress::protocol_error, std::string(name_of(record_.type)) +
                                     " came, a record that only clients send: is this an echo?");
}

void ResponseReader::check_standard_output() {
  if (response_.body.size() + record_.content_bytes <= kMaxAnswerBytes) return;
  fail(Progress::too_large, "STDOUT holds more than " + std::to_string(kMaxAnswerBytes) + " bytes");
}

void ResponseReader::check_end_request() {
  if (record_.content_bytes >= kEndRequestBytes) return;
  fail(Progress::protocol_error,
       "END_REQUEST holds " + std::to_string(record_.content_bytes) + " bytes instead of 8");
}

// Section 5.5: four bytes app status, one of protocol status, three reserved, in which PHP leaves
// old memory.
void ResponseReader::finish_request() {
  const std::string_view fields(collected_.data(), collected_bytes_);
  const std::uint8_t protocol_status = byte_at(fields, 4);
  if (!is_ours()) {
    if (ProtocolStatus{protocol_status} == ProtocolStatus::cannot_multiplex) return;
    return fail(Progress::protocol_error, foreign_id(record_.request_id, response_.request_id));
  }
  if (ProtocolStatus{protocol_status} > ProtocolStatus::unknown_role) {
    return fail(Progress::protocol_error, "END_REQUEST has protocol status " +
                                              std::to_string(protocol_status) +
                                              ", which FastCGI 1.0 does not know");
  }
  response_.app_status = uint32_at(fields, 0);
  response_.protocol_status = ProtocolStatus{protocol_status};
  if (response_.protocol_status == ProtocolStatus::request_complete) split_output_of_script();
  if (progress_ == Progress::need_more) progress_ = Progress::complete;
}

void ResponseReader::split_output_of_script() {
  const auto parts = split_output(response_.body);
  if (!parts) {
    return fail(Progress::protocol_error,
                "the output has no blank line that ends its headers within " +
                    std::to_string(kMaxHeaderBlockBytes) + " bytes");
  }
  const auto status = status_of(parts->headers);
  if (!status) {
    return fail(Progress::protocol_error, "the Status header is not a number of three digits");
  }
  response_.status = *status;
  response_.body.erase(0, response_.body.size() - parts->body.size());
}

void ResponseReader::fail(Progress progress, std::string problem) {
  progress_ = progress;
  problem_ = std::move(problem);
}

}  // namespace fastcgi
