// The TLS of the front as OpenSSL holds it: made once from texts, immutable, shared by every
// connection that began under it. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

// OpenSSL's.
struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace http {

enum class TlsVersion : std::uint8_t { tls10, tls11, tls12, tls13 };

struct TlsSettings {
  std::string certificate_pem;  // ours first, then those that lead to its root
  std::string key_pem;
  enum class Client : std::uint8_t {
    none,
    request,
    require_any,
    verify_if_given,
    require_verified
  };
  Client client = Client::none;
  std::string client_ca_pem;  // empty: the system's
  // Any of: DNS names, mail addresses, IP addresses, URIs; the whole name, as it is written in the
  // certificate. Empty: every certificate will do.
  std::vector<std::string> client_allowed_names;
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  bool has_ciphers = false;          // else OpenSSL's own choice
  std::vector<std::string> ciphers;  // OpenSSL's names, up to TLS 1.2; may be empty: none
  std::vector<std::string> curves;   // OpenSSL's names; empty: its own choice
  bool server_prefers = true;
};

class TlsContext {
 public:
  // The reason says which text is wrong and how, and holds nothing of a key.
  static base::Result<std::shared_ptr<const TlsContext>> make(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // The server's side of a new connection; the caller frees it. Null: out of memory.
  ssl_st* new_session() const;

 private:
  static int verify_client(x509_store_ctx_st* store, void* self);
  explicit TlsContext(const TlsSettings& settings);

  const TlsSettings::Client client_;
  const std::vector<std::string> client_allowed_names_;
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace http
