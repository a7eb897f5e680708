#include "http/message.h"

#include "http/target.h"

namespace http {
namespace {

// A query is written by people too: what is not a valid escape is taken as it stands.
std::string decoded(std::string_view raw) {
  return percent_decoded(raw, Plus::is_space).value_or(std::string(raw));
}

}  // namespace

std::optional<std::string> Request::query_value(std::string_view key) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto equals = pair.find('=');
    if (decoded(pair.substr(0, equals)) != key) continue;
    return equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::size_t body_bytes(const Answer& answer) {
  std::size_t bytes = 0;
  if (answer.body) {
    for (const std::string& chunk : *answer.body) bytes += chunk.size();
  }
  return bytes;
}

Answer text_answer(int status, std::string body) {
  Answer answer;
  answer.status = status;
  if (!body.empty()) answer.body = base::one_chunk(std::move(body));
  return answer;
}

Answer busy_answer(std::string reason) {
  Answer answer = text_answer(503, std::move(reason));
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

}  // namespace http
