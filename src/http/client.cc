#include "http/client.h"

#include <utility>

#include "http/outgoing.h"

namespace http {
namespace {

enum class Speak { plain, tls };

base::Result<ClientAnswer> read_answer(Outgoing& connection) {
  AnswerReader reader;
  AnswerReader::Progress progress = AnswerReader::Progress::need_more;
  std::string bytes;
  while (progress == AnswerReader::Progress::need_more) {
    bytes.clear();
    if (!connection.receive(bytes)) return base::Unexpected{connection.problem()};
    const bool is_over = bytes.empty();
    progress = is_over ? reader.end() : reader.feed(bytes);
    if (is_over && progress == AnswerReader::Progress::need_more) {
      return base::Unexpected{"the connection was closed before the answer was whole"};
    }
  }
  if (progress == AnswerReader::Progress::complete) return std::move(reader.answer());
  return base::Unexpected{"what it says is not HTTP"};
}

base::Result<ClientAnswer> get_once(const base::SocketAddress& server, const std::string& path,
                                    base::TimePoint deadline, Speak speak) {
  Outgoing connection(deadline);
  const bool is_sent = connection.connect(server) &&
                       (speak == Speak::plain || connection.start_tls()) &&
                       connection.send("GET " + path +
                                       " HTTP/1.1\r\n"
                                       "Host: localhost\r\n"
                                       "Accept: application/json\r\n"
                                       "Connection: close\r\n\r\n");
  if (!is_sent) return base::Unexpected{connection.problem()};
  return read_answer(connection);
}

}  // namespace

base::Address reachable(base::Address address) {
  if (address.transport == base::Transport::unix_socket) return address;
  if (address.host.empty() || address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address;
}

base::Result<ClientAnswer> get(const std::vector<base::SocketAddress>& servers,
                               const std::string& path, base::TimePoint deadline) {
  base::Result<ClientAnswer> answer = base::Unexpected{"it has no address"};
  for (const base::SocketAddress& server : servers) {
    answer = get_once(server, path, deadline, Speak::plain);
    if (answer && answer->wants_tls) return get_once(server, path, deadline, Speak::tls);
    if (answer) break;
  }
  return answer;
}

std::string encode_path_segment(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace http
