// Whether a password fits a bcrypt hash: a tenth of a second to more than one, for the pool.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace http {

// By name; the hashes are whole bcrypt hashes, as the configuration has checked.
using Users = std::map<std::string, std::string, std::less<>>;

// Takes as long for every password. As bcrypt has it, only 72 bytes of it count; one with a NUL
// byte, which would end it early, never fits.
bool fits(const std::string& hash, std::string_view password);

// The hash that a user who is not there is measured with, so that guessing names tells nothing by
// the time it takes: at the highest cost that any user has.
std::string hash_for_strangers(const Users& users);

}  // namespace http
