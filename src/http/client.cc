#include "http/client.h"

#include <poll.h>  // httplib.h needs it and does not include it

#include <httplib.h>

#include <memory>

namespace http {
namespace {

std::string reachable_host(const base::Address& server) {
  if (server.host.empty() || server.host == "0.0.0.0") return "127.0.0.1";
  return server.host == "::" ? "::1" : server.host;
}

// httplib takes the bytes of a path as they are: a name that is abstract begins with a zero.
std::string reachable_path(const base::Address& server) {
  std::string path = server.path;
  if (path.starts_with('@')) path.front() = '\0';
  return path;
}

enum class Speak { plain, tls };

std::unique_ptr<httplib::ClientImpl> make_client(const base::Address& server, Speak speak) {
  const bool is_tcp = server.transport == base::Transport::tcp;
  const std::string host = is_tcp ? reachable_host(server) : reachable_path(server);
  const int port = is_tcp ? server.port : 80;
  std::unique_ptr<httplib::ClientImpl> client;
  if (speak == Speak::plain) {
    client = std::make_unique<httplib::ClientImpl>(host, port);
  } else {
    client = std::make_unique<httplib::SSLClient>(host, port);
    client->enable_server_certificate_verification(false);
  }
  if (!is_tcp) client->set_address_family(AF_UNIX);
  return client;
}

base::Result<ClientAnswer> get_once(const base::Address& server, const std::string& path,
                                    base::Duration timeout, Speak speak) {
  const auto made = make_client(server, speak);
  httplib::ClientImpl& client = *made;
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_keep_alive(false);
  const httplib::Headers headers{{"Host", "localhost"}, {"Accept", "application/json"}};
  ClientAnswer answer;
  const auto response = client.Get(path, headers, [&](const char* data, std::size_t size) {
    if (answer.body.size() + size > kMaxClientBodyBytes) return false;
    answer.body.append(data, size);
    return true;
  });
  if (!response) {
    return base::Unexpected{"no answer from the exporter at " + server.text() + " (" +
                            httplib::to_string(response.error()) +
                            " failed); is it running there? Say where with --config.file or "
                            "--web.listen-address, as the exporter was told"};
  }
  answer.status = response->status;
  answer.health = response->get_header_value("X-Fastcgi-Health");
  answer.wants_tls = response->get_header_value("X-Fastcgi-Error") == "https-only";
  answer.unknown_target = response->get_header_value("X-Fastcgi-Error") == "unknown-target";
  return answer;
}

}  // namespace

base::Result<ClientAnswer> get(const base::Address& server, const std::string& path,
                               base::Duration timeout) {
  auto answer = get_once(server, path, timeout, Speak::plain);
  const bool wants_tls = answer && answer->wants_tls;
  return wants_tls ? get_once(server, path, timeout, Speak::tls) : answer;
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
