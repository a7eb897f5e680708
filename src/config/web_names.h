// The names that Go has for cipher suites and curves, which the exporter-toolkit's format uses, and
// OpenSSL's for the same. To add one, add a row. Pure.
#pragma once

#include <span>
#include <string_view>

namespace config {

struct CipherName {
  std::string_view go;
  std::string_view openssl;  // empty: of TLS 1.3, whose suites are all on and cannot be chosen
};
struct CurveName {
  std::string_view go;
  std::string_view openssl;
};

std::span<const CipherName> cipher_names();
std::span<const CurveName> curve_names();

}  // namespace config
