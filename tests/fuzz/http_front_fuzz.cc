// Any bytes from a client, cut in any way: the same requests come out, or the same refusal after
// them. What is taken can be understood in one way only, is within the bounds, and what the pages
// read out of it (credentials, formats, queries) is the same when it is written and read again.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fuzzing.h"
#include "http/credentials.h"
#include "http/request_reader.h"
#include "web/accept.h"
#include "web/probe_query.h"
#include "web/target_query.h"

namespace {

using fuzz::require;
using http::Head;
using http::RequestReader;

struct Requests {
  std::vector<std::string> all;  // each in full
  int refused_with = 0;
  std::string_view reason;
  bool operator==(const Requests&) const = default;
};

std::string everything_of(const Head& head) {
  const http::Request& request = head.request;
  std::string text;
  for (const std::string* part :
       {&request.path, &request.query, &request.accept, &request.accept_encoding,
        &request.authorization, &request.scrape_timeout, &request.body}) {
    text += std::to_string(part->size()) + ':' + *part;
  }
  for (const bool flag :
       {head.is_http_1_0, head.keep_alive, head.expects_continue, head.ends_unread}) {
    text += flag ? '1' : '0';
  }
  return text + std::to_string(static_cast<int>(request.method)) + std::to_string(head.body_bytes);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

void require_within_bounds(const Head& head) {
  const http::HeadLimits limits;
  const http::Request& request = head.request;
  require(request.path == "*" || request.path.starts_with('/'));
  require(!has_control(request.path) && request.path.size() <= limits.max_target_bytes);
  require(request.path.find('\t') == std::string::npos);
  for (const std::string* part : {&request.query, &request.accept, &request.accept_encoding,
                                  &request.authorization, &request.scrape_timeout}) {
    require(!has_control(*part));
  }
  require(head.body_bytes <= limits.max_body_bytes && request.body.size() == head.body_bytes);
  require(head.body_bytes == 0 || request.method == http::Method::post);
}

// All requests until the bytes end, one is refused, or one says that nothing more is read.
class Client {
 public:
  bool send(std::string_view piece) {
    reader_.append(piece);
    while (true) {
      switch (reader_.step({})) {
        case RequestReader::Step::need_more:
          return true;
        case RequestReader::Step::body_awaited:
          require(reader_.head().request.method == http::Method::post);
          continue;
        case RequestReader::Step::refused:
          requests.refused_with = reader_.refusal().status;
          requests.reason = reader_.refusal().reason;
          require(requests.refused_with >= 400 && !requests.reason.empty());
          return false;
        case RequestReader::Step::complete:
          heads.push_back(reader_.take());
          require_within_bounds(heads.back());
          requests.all.push_back(everything_of(heads.back()));
          if (heads.back().ends_unread) return false;
      }
    }
  }

  Requests requests;
  std::vector<Head> heads;

 private:
  RequestReader reader_;
};

// The front answers without the body when no page takes it.
void require_same_without_body(std::string_view bytes) {
  RequestReader reader;
  reader.append(bytes);
  if (reader.step({}) != RequestReader::Step::body_awaited) return;
  require(reader.is_reading_body() && !reader.is_empty());
  const std::string path = reader.head().request.path;
  const Head head = reader.take_without_body();
  require(head.ends_unread && head.request.body.empty() && head.request.path == path);
}

Requests read_cut(std::string_view bytes, bool bytewise) {
  Client client;
  fuzz::Cuts cuts(bytes);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, bytewise ? 1 : cuts.next());
    bytes.remove_prefix(piece.size());
    if (!client.send(piece)) break;
  }
  return client.requests;
}

// Each name of the header lines in lower case, and how often it stands there, as a parser sees it
// that is simpler than ours: what proxies disagree about must not have come through.
std::map<std::string, int> header_names(std::string_view head) {
  std::map<std::string, int> names;
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  for (std::size_t line = head.find("\r\n") + 2; head.substr(line) != "\r\n";) {
    const std::size_t end = head.find("\r\n", line);
    require(end != std::string_view::npos);
    std::string name(head.substr(line, head.substr(line, end - line).find(':')));
    require(!name.empty() && name.find_first_of(" \t") == std::string::npos);
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    ++names[name];
    line = end + 2;
  }
  return names;
}

void require_one_meaning(std::string_view bytes) {
  http::HeadReader reader{http::HeadLimits{}};
  if (reader.read(bytes) != http::Progress::complete) return;
  const std::string_view head = bytes.substr(0, reader.head_bytes());
  require(head.size() <= http::HeadLimits{}.max_head_bytes && head.ends_with("\r\n\r\n"));
  require(std::ranges::count(head, '\r') == std::ranges::count(head, '\n'));
  const auto names = header_names(head);
  const auto times = [&](const char* name) {
    const auto found = names.find(name);
    return found == names.end() ? 0 : found->second;
  };
  require(times("transfer-encoding") == 0);
  require(times("content-length") <= 1 && times("host") <= 1 && times("authorization") <= 1);
  require(times("host") == 1 || reader.head().is_http_1_0);
  require(times("content-length") == 1 || reader.head().body_bytes == 0);
}

void require_same_query(const http::Request& request) {
  const auto query = web::parse_target_query(request);
  if (!query) return fuzz::require_showable(query.error());
  require(query->limit >= 1 && query->limit <= web::kMaxTargetsPerPage);
  http::Request again;
  again.query = web::query_string(*query).substr(1);
  const auto read_again = web::parse_target_query(again);
  require(read_again.has_value());
  require(read_again->health == query->health && read_again->text == query->text);
  require(read_again->label == query->label && read_again->limit == query->limit);
  require(read_again->offset == query->offset);
}

void read_as_pages_do(const http::Request& request) {
  require_same_query(request);
  const auto probe = web::read_probe_query(request);
  if (!probe) {
    fuzz::require_showable(probe.error());
  } else {
    require(!probe->target.empty());
    require(!probe->caller_waits || (*probe->caller_waits >= base::Duration::zero() &&
                                     *probe->caller_waits <= std::chrono::hours(24)));
  }
  web::choose_format(request.accept);
  web::accepts_json(request.accept);
  web::accepts_gzip(request.accept_encoding);
  const auto login = http::parse_basic(request.authorization);
  if (!login) return;
  require(login->user.find(':') == std::string::npos);
  require(login->user.size() + 1 + login->password.size() <= http::kMaxCredentialsBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  Client whole;
  whole.send(bytes);
  require(whole.requests == read_cut(bytes, true));
  require(whole.requests == read_cut(bytes, false));
  require_one_meaning(bytes);
  require_same_without_body(bytes);
  for (const Head& head : whole.heads) read_as_pages_do(head.request);
  return 0;
}
