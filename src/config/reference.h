// The reference of the configuration file, written from the rows that read it.
#pragma once

#include <string>

namespace config {

std::string config_reference();  // Markdown; config/CONFIG.md is a copy

}  // namespace config
