#include "app/web_access.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "config/web_names.h"

namespace app {
namespace {

// OpenSSL's names for Go's; those that have none there are left out.
template <typename Names>
std::vector<std::string> openssl_names(const std::vector<std::string>& chosen, Names names) {
  std::vector<std::string> translated;
  for (const std::string& name : chosen) {
    for (const auto& row : names) {
      if (row.go == name && !row.openssl.empty()) translated.emplace_back(row.openssl);
    }
  }
  return translated;
}

http::TlsVersion version_of(config::TlsVersion version) {
  switch (version) {
    case config::TlsVersion::tls10:
      return http::TlsVersion::tls10;
    case config::TlsVersion::tls11:
      return http::TlsVersion::tls11;
    case config::TlsVersion::tls12:
      return http::TlsVersion::tls12;
    case config::TlsVersion::tls13:
      return http::TlsVersion::tls13;
  }
  std::abort();  // -Wswitch keeps the list complete
}

http::TlsSettings::Client client_of(config::ClientCertificate wanted) {
  using Client = http::TlsSettings::Client;
  switch (wanted) {
    case config::ClientCertificate::none:
      return Client::none;
    case config::ClientCertificate::request:
      return Client::request;
    case config::ClientCertificate::require_any:
      return Client::require_any;
    case config::ClientCertificate::verify_if_given:
      return Client::verify_if_given;
    case config::ClientCertificate::require_and_verify:
      return Client::require_verified;
  }
  std::abort();
}

http::TlsSettings settings_of(const config::WebTls& tls) {
  return {.certificate_pem = tls.cert,
          .key_pem = tls.key,
          .client = client_of(tls.client_auth_type.value_or(config::ClientCertificate::none)),
          .client_ca_pem = tls.client_ca,
          .client_allowed_names = tls.client_allowed_sans,
          .min_version = version_of(tls.min_version),
          .max_version = version_of(tls.max_version),
          .has_ciphers = !tls.cipher_suites.empty(),
          .ciphers = openssl_names(tls.cipher_suites, config::cipher_names()),
          .curves = openssl_names(tls.curve_preferences, config::curve_names()),
          .server_prefers = tls.prefer_server_cipher_suites};
}

base::Result<std::shared_ptr<const http::Access>> access_of(const config::WebConfig& config,
                                                            const std::string& path) {
  auto access = std::make_shared<http::Access>();
  if (config.tls) {
    auto tls = http::TlsContext::make(settings_of(*config.tls));
    if (!tls) return base::Unexpected{path + ": /tls_server_config: " + tls.error()};
    access->tls = std::move(tls).value();
  }
  access->headers = config.headers;
  access->users.insert(config.users.begin(), config.users.end());
  access->rate_limit = {.interval = config.rate_interval, .burst = config.rate_burst};
  return std::shared_ptr<const http::Access>(std::move(access));
}

}  // namespace

base::Result<std::shared_ptr<const http::Access>> WebAccess::read() {
  try {
    return try_read();
  } catch (const std::bad_alloc&) {
    return base::Unexpected{path_ + ": there is not enough memory for it; raise the limit"};
  }
}

base::Result<std::shared_ptr<const http::Access>> WebAccess::try_read() {
  if (!has_file()) return std::make_shared<const http::Access>();
  const config::WebConfigRead read = read_stamped();
  if (!read.config) return base::Unexpected{read.config.error()};
  auto access = access_of(*read.config, path_);
  if (!access) return access;
  const Guards guards = guards_of(*read.config);
  if (guards_) {
    const std::string reason = why_not(*guards_, guards);
    if (!reason.empty()) return base::Unexpected{path_ + ": " + reason + ", which takes a restart"};
  }
  guards_ = guards;
  return access;
}

WebAccess::Guards WebAccess::guards_of(const config::WebConfig& config) {
  using Client = config::ClientCertificate;
  const config::WebTls tls = config.tls.value_or(config::WebTls{});
  const Client client = tls.client_auth_type.value_or(Client::none);
  const bool verified = client == Client::require_and_verify;
  return {.tls = config.tls.has_value(),
          .logins = !config.users.empty(),
          .certificates = verified || client == Client::require_any,
          .verified = verified,
          .by_own_authority = verified && !tls.client_ca.empty(),
          .of_allowed_names = !tls.client_allowed_sans.empty()};
}

std::string WebAccess::why_not(const Guards& before, const Guards& after) {
  if (before.tls != after.tls) {
    return std::string("TLS would be switched ") + (after.tls ? "on" : "off");
  }
  struct Loss {
    bool Guards::*guard;
    const char* what;
  };
  constexpr Loss kLosses[] = {
      {&Guards::certificates, "no certificate would be asked of clients any more"},
      {&Guards::verified, "certificates of clients would not be verified any more"},
      {&Guards::by_own_authority, "certificates of clients would be good by any authority"},
      {&Guards::of_allowed_names, "certificates of clients would be good with any name"},
      {&Guards::logins, "no login would be asked for any more"},
  };
  for (const Loss& loss : kLosses) {
    if (before.*loss.guard && !(after.*loss.guard)) return loss.what;
  }
  return "";
}

std::shared_ptr<const http::Access> WebAccess::read_first() {
  auto access = read();
  if (!access) throw std::runtime_error(access.error());
  return *access;
}

bool WebAccess::has_changed() const {
  return std::ranges::any_of(stamps_,
                             [](const auto& file) { return stamp_of(file.first) != file.second; });
}

WebAccess::Stamp WebAccess::stamp_of(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

// The stamps are older than what is read: what is written meanwhile is a change. Files that were
// not named before are read again for it.
config::WebConfigRead WebAccess::read_stamped() {
  for (auto& [file, stamp] : stamps_) stamp = stamp_of(file);
  config::WebConfigRead read = config::read_web_config(path_, config::read_file);
  const bool are_known = std::ranges::equal(read.files, stamps_, {}, {},
                                            [](const auto& stamped) { return stamped.first; });
  if (are_known) return read;
  stamps_.clear();
  for (const std::string& file : read.files) stamps_.emplace_back(file, stamp_of(file));
  return config::read_web_config(path_, config::read_file);
}

}  // namespace app
