// The other side of TLS for tests: certificates made on the spot, and a client that blocks.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http/tls_context.h"
#include "raw_client.h"

namespace http {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

inline std::string taken_from(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

// Self-signed; `names` as OpenSSL writes them: "DNS:a,IP:127.0.0.1,email:a@b,URI:spiffe://x".
inline Identity make_identity(const std::string& names, const std::string& common_name = "test") {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  if (!names.empty()) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());
  BIO* certificate_out = BIO_new(BIO_s_mem());
  BIO* key_out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_out, certificate);
  PEM_write_bio_PrivateKey(key_out, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {.certificate_pem = taken_from(certificate_out), .key_pem = taken_from(key_out)};
}

inline TlsSettings settings_of(const Identity& identity) {
  TlsSettings settings;
  settings.certificate_pem = identity.certificate_pem;
  settings.key_pem = identity.key_pem;
  return settings;
}

inline std::shared_ptr<const TlsContext> made(const TlsSettings& settings) {
  auto context = TlsContext::make(settings);
  if (!context) throw std::runtime_error(context.error());
  return *context;
}

class TlsClient {
 public:
  explicit TlsClient(const base::Address& server)
      : client_(server), context_(SSL_CTX_new(TLS_client_method())) {
    session_ = SSL_new(context_);
    SSL_set_fd(session_, client_.fd());
  }
  ~TlsClient() {
    SSL_free(session_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool shake_hands() { return SSL_connect(session_) == 1; }
  bool send(std::string_view bytes) {
    return SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  void get(std::string_view path, std::string_view lines = "") {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(lines) + "\r\n");
  }
  // The next whole answer; status 0 when the connection ended before.
  Response response() {
    return take_response(buffer_, /*with_body=*/true, [this] { return receive(); });
  }
  // Nothing more, said by TLS and not only by the socket: nobody has cut the answer off.
  bool was_ended() {
    char byte = 0;
    const int result = SSL_read(session_, &byte, 1);
    return result <= 0 && SSL_get_error(session_, result) == SSL_ERROR_ZERO_RETURN;
  }
  std::string certificate_pem() const {
    X509* certificate = SSL_get1_peer_certificate(session_);
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, certificate);
    X509_free(certificate);
    return taken_from(out);
  }

 private:
  bool receive() {
    std::array<char, 1 << 14> bytes;
    const int size = SSL_read(session_, bytes.data(), static_cast<int>(bytes.size()));
    if (size <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }

  Client client_;
  SSL_CTX* context_;
  SSL* session_;
  std::string buffer_;
};

}  // namespace http
