// Values as YAML that people read, keys in the order they were put in, and that parse_document()
// reads back as the same values. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace config {

using Written = nlohmann::ordered_json;

std::string yaml_text(const Written& value);  // block style, ends in a newline
std::string yaml_flow(const Written& value);  // on one line: {a: 1, b: [x]}

}  // namespace config
