// The file of --web.config.file: TLS, passwords, headers and a rate limit, in the format of
// Prometheus' exporter-toolkit, whose every key and value is taken or refused here as there; what
// is stricter says so at its rule. Certificates and keys are read as texts; what they hold is not
// looked at on this floor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "config/load.h"

namespace config {

inline constexpr std::size_t kMaxUsers = 1000;
inline constexpr std::size_t kMaxAllowedSans = 1000;
// At 14 a login takes 1.5 s of the one thread that checks passwords; each step more doubles it.
inline constexpr int kMaxBcryptCost = 14;

enum class TlsVersion : std::uint8_t { tls10, tls11, tls12, tls13 };

// What is asked of a client's certificate; `verify`: by client_ca, or else the system's.
enum class ClientCertificate : std::uint8_t {
  none,
  request,      // and take any, or none
  require_any,  // whoever has signed it
  verify_if_given,
  require_and_verify,
};

struct WebTls {
  // PEM. A key that names a file goes before the one that holds the text.
  std::string cert, key, client_ca;
  std::string cert_file, key_file, client_ca_file;  // empty, or where the text came from
  std::optional<ClientCertificate> client_auth_type;
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> cipher_suites;      // as Go names them; empty: the default ones
  std::vector<std::string> curve_preferences;  // the same
  bool prefer_server_cipher_suites = true;
};

struct WebConfig {
  std::optional<WebTls> tls;  // none: plain HTTP
  bool http2 = true;          // taken, and never offered: HTTP/1.1 only
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
  std::vector<std::pair<std::string, std::string>> users;    // name, bcrypt hash; any: a login
  base::Duration rate_interval{};  // one request is granted each; 0: no limit
  std::uint64_t rate_burst = 0;    // that many more at once
};

struct WebConfigRead {
  base::Result<WebConfig> config;  // or every problem, a line each; never a key, hash or password
  std::vector<std::string> files;  // the file and those it names: when one changes, read again
};

// Pure but for `read_file`, which is asked for `path` and for the files that it names, relative
// ones from its folder.
WebConfigRead read_web_config(const std::string& path, const FileReader& read_file);

// What is wrong with a bcrypt hash; nothing when all is well.
std::string bcrypt_problem(std::string_view hash);

}  // namespace config
