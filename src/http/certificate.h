// Certificates out of texts, and the names in them. Pure; any thread.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// Every certificate of a text in PEM, in its order; what else stands there is passed over.
std::vector<Certificate> certificates_in(std::string_view pem);
Key private_key_in(std::string_view pem);  // null: there is none, or it needs a password

// All its DNS names, mail addresses, IP addresses and URIs, without the subject's own name.
std::vector<std::string> names_of(const X509& certificate);

// What OpenSSL says of the last failure on this thread, which is forgotten with it.
std::string openssl_reason();

}  // namespace http
