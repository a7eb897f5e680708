// The configuration file: which keys there are, what they mean, and the checks of several keys
// together. To add a key: a member with its default, and one field() row in schema.cc,
// module_fields.cc, check_fields.cc, target_fields.cc or discovery_fields.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/fields.h"

namespace config {

// Reads over what is in `config`; every problem is reported, and bad values are left as they were.
void read_config(const Json& root, const Place& place, Config& config);

// One key of `web`, for the flag that overrides it.
void read_web_key(std::string_view key, const Json& value, const Place& place, Web& web);

Written write_config(const Config& config);
std::vector<ReferenceTable> describe_config();

// The two that only flags (and RUST_LOG) set.
Type<base::log::Level> log_level();
Type<base::log::Format> log_format();

}  // namespace config
