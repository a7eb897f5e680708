// Environment variables, and seed mode: the whole configuration out of those of
// fastcgi-healthcheck, which this program can stand in for. Pure: the variables are an argument.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/problems.h"

namespace config {

using Environment = std::map<std::string, std::string>;

struct Variable {
  std::string name;
  std::string default_text;
  std::string meaning;
};
const std::vector<Variable>& seed_variables();

// One target named "default", asked once a second, down at the first failure. An empty variable is
// as good as none. A bad value is a problem that names the variable: the original would panic
// (SERVER, DESTINATION) or silently take the default (DESTINATION_PORT), and a probe of the wrong
// port says nothing about the right one. PING_PATH is sent as it is, as the original does, since
// responders other than PHP-FPM may take a path without a slash.
Config seed_config(const Environment& environment, Problems& problems,
                   std::vector<std::string>& warnings);

// The value of one of `known`: as it is set, or its default. An empty one is as good as none.
std::string value_of(const std::vector<Variable>& known, const Environment& environment,
                     std::string_view name);

// The names of those of `known` that are set.
std::vector<std::string> set_variables(const std::vector<Variable>& known,
                                       const Environment& environment);

}  // namespace config
