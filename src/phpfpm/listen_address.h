// PHP-FPM's `listen` and `pm.status_listen` as an address that can be asked. Pure.
#pragma once

#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace phpfpm {

// What relative paths are under where `prefix` is not set: --prefix of the build, which is /usr in
// the packages of Debian, Ubuntu, Fedora and Alpine.
inline constexpr std::string_view kBuiltInPrefix = "/usr";

// "9000", "*:9000", "0.0.0.0:9000" and "[::]:9000" are every address of the machine: the loopback
// one is asked. "10.0.0.7:9000", "[::1]:9000", "php:9000". Anything without ":" that is no number
// is the path of a socket, below `prefix` unless it starts at the root; FPM has no abstract names,
// so "@name" is a file, too. The reason says what is wrong.
base::Result<base::Address> listen_address(std::string_view listen, std::string_view prefix);

}  // namespace phpfpm
