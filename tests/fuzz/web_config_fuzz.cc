// Any bytes as the file of --web.config.file: read twice it means the same, nothing of it is beyond
// the bounds, what is refused has a reason that can be shown, and no reason shows a hash.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/web_config.h"
#include "fuzzing.h"

namespace {

constexpr const char* kPath = "/etc/web.yaml";

using fuzz::require;

void require_usable(const config::WebConfig& web) {
  require(web.users.size() <= config::kMaxUsers);
  for (const auto& [name, hash] : web.users) require(config::bcrypt_problem(hash).empty());
  for (const auto& [name, value] : web.headers) {
    require(value.find_first_of("\r\n") == std::string::npos);
  }
  require(web.rate_interval >= base::Duration::zero());
  if (!web.tls) return;
  require(!web.tls->cert.empty() || !web.tls->cert_file.empty());
  require(!web.tls->key.empty() || !web.tls->key_file.empty());
  require(web.tls->min_version <= web.tls->max_version);
  for (const std::string* file :
       {&web.tls->cert_file, &web.tls->key_file, &web.tls->client_ca_file}) {
    require(file->empty() || file->front() == '/');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto read = [&text](const std::string& path) -> base::Result<std::string> {
    return path == kPath ? text : std::string("-----BEGIN CERTIFICATE-----\n");
  };
  const config::WebConfigRead first = config::read_web_config(kPath, read);
  const config::WebConfigRead again = config::read_web_config(kPath, read);
  require(first.files == again.files && !first.files.empty() && first.files.front() == kPath);
  require(first.config.has_value() == again.config.has_value());
  if (first.config) {
    require_usable(*first.config);
  } else {
    require(!first.config.error().empty() && first.config.error() == again.config.error());
    require(base::valid_utf8(first.config.error()) == first.config.error());
  }
  return 0;
}
