#include "http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/certificate.h"

namespace http {
namespace {

int number_of(TlsVersion version) {
  constexpr int kNumbers[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  return kNumbers[static_cast<std::size_t>(version)];
}

int verify_mode(TlsSettings::Client client) {
  switch (client) {
    case TlsSettings::Client::none:
      return SSL_VERIFY_NONE;
    case TlsSettings::Client::request:
    case TlsSettings::Client::verify_if_given:
      return SSL_VERIFY_PEER;
    case TlsSettings::Client::require_any:
    case TlsSettings::Client::require_verified:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  std::abort();  // -Wswitch keeps the list complete
}

bool verifies(TlsSettings::Client client) {
  return client == TlsSettings::Client::verify_if_given ||
         client == TlsSettings::Client::require_verified;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ":") + word;
  return text;
}

// HTTP/1.1 is all we speak. Whoever offers only other protocols gets it without a word about it.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  constexpr std::string_view kOurs = "http/1.1";
  for (unsigned int i = 0; i < offered_size && i + offered[i] < offered_size;
       i += offered[i] + 1U) {
    const std::string_view each(reinterpret_cast<const char*>(offered + i + 1), offered[i]);
    if (each != kOurs) continue;
    *chosen = offered + i + 1;
    *chosen_size = offered[i];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

// Each of the following says what is wrong, or nothing.

std::string use_certificate(SSL_CTX& context, const TlsSettings& settings) {
  std::vector<Certificate> certificates = certificates_in(settings.certificate_pem);
  if (certificates.empty()) return "the certificate is no certificate in PEM";
  const Key key = private_key_in(settings.key_pem);
  if (!key) return "the key is no private key in PEM, or needs a password";
  if (X509_check_private_key(certificates.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return "the key does not belong to the certificate";
  }
  if (SSL_CTX_use_certificate(&context, certificates.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(&context, key.get()) != 1) {
    return "the certificate cannot be used: " + openssl_reason();
  }
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    SSL_CTX_add1_chain_cert(&context, certificates[i].get());
  }
  return "";
}

std::string use_versions(SSL_CTX& context, const TlsSettings& settings) {
  TlsVersion least = settings.min_version;
  if (settings.has_ciphers) {
    if (!settings.ciphers.empty()) {
      if (SSL_CTX_set_cipher_list(&context, joined(settings.ciphers).c_str()) != 1) {
        return "the cipher suites cannot be used: " + openssl_reason();
      }
    } else if (settings.max_version < TlsVersion::tls13) {
      return "no cipher suite of TLS 1.2 or older is among the cipher suites";
    } else {
      least = TlsVersion::tls13;  // whose suites are not among those that can be chosen
    }
  }
  // Their handshakes are signed with SHA-1, which the default level forbids.
  if (least < TlsVersion::tls12) SSL_CTX_set_security_level(&context, 0);
  SSL_CTX_set_min_proto_version(&context, number_of(least));
  SSL_CTX_set_max_proto_version(&context, number_of(settings.max_version));
  if (!settings.curves.empty() &&
      SSL_CTX_set1_groups_list(&context, joined(settings.curves).c_str()) != 1) {
    return "the curves cannot be used: " + openssl_reason();
  }
  return "";
}

std::string use_client_authorities(SSL_CTX& context, const TlsSettings& settings) {
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  if (settings.client_ca_pem.empty()) {
    if (verifies(settings.client)) SSL_CTX_set_default_verify_paths(&context);
    return "";
  }
  const std::vector<Certificate> authorities = certificates_in(settings.client_ca_pem);
  if (authorities.empty()) return "the client_ca holds no certificate in PEM";
  // Each of them is trusted by itself, whether it is a root or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(store, authority.get());
    SSL_CTX_add_client_CA(&context, authority.get());
  }
  return "";
}

void use_options(SSL_CTX& context, const TlsSettings& settings) {
  std::uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;
  if (settings.server_prefers) options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
  // A resumed session is not looked at again, so that with client certificates there is none.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  if (settings.client != TlsSettings::Client::none) {
    options |= SSL_OP_NO_TICKET;
    SSL_CTX_set_num_tickets(&context, 0);
  }
  SSL_CTX_set_options(&context, options);
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
}

}  // namespace

// Instead of OpenSSL's own: the chain, where it is asked for, and then the names.
int TlsContext::verify_client(X509_STORE_CTX* store, void* self) {
  const auto& context = *static_cast<const TlsContext*>(self);
  if (verifies(context.client_) && X509_verify_cert(store) != 1) return 0;
  const std::vector<std::string>& allowed = context.client_allowed_names_;
  if (allowed.empty()) return 1;
  const X509* certificate = X509_STORE_CTX_get0_cert(store);
  for (const std::string& name : names_of(*certificate)) {
    if (std::ranges::find(allowed, name) != allowed.end()) return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

TlsContext::TlsContext(const TlsSettings& settings)
    : client_(settings.client),
      client_allowed_names_(settings.client_allowed_names),
      context_(SSL_CTX_new(TLS_server_method())) {}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

base::Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsSettings& settings) {
  ERR_clear_error();
  const std::shared_ptr<TlsContext> made(new TlsContext(settings));
  if (made->context_ == nullptr) return base::Unexpected{"no TLS: " + openssl_reason()};
  SSL_CTX& context = *made->context_;
  use_options(context, settings);
  for (const auto& use : {use_certificate, use_versions, use_client_authorities}) {
    std::string problem = use(context, settings);
    if (!problem.empty()) return base::Unexpected{std::move(problem)};
  }
  SSL_CTX_set_verify(&context, verify_mode(settings.client), nullptr);
  SSL_CTX_set_cert_verify_callback(&context, verify_client, made.get());
  return std::shared_ptr<const TlsContext>(made);
}

ssl_st* TlsContext::new_session() const {
  ERR_clear_error();
  return SSL_new(context_);
}

}  // namespace http
