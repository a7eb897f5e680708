// The configuration in force as a file that would bring it about again. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"

namespace config {

enum class Secrets : std::uint8_t { hidden, shown };

// YAML. Hidden: parameters that may hold a password (by their names) show as <secret>, which load()
// refuses to read, so that a copy of a page never becomes a file that sends wrong passwords.
std::string effective_yaml(const Config& config, Secrets secrets);

// One module as a file has it, under its name; secrets hidden.
std::string module_yaml(const Module& module);

// The targets and those of their modules that are not built in as they are, as a file that would
// bring them about. Secrets are shown: it is meant to be used.
std::string targets_yaml(const Config& config);

}  // namespace config
