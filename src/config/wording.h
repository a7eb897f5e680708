// How problems show what they are about. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace config {

// In quotes, cleaned and bounded.
std::string in_quotes(std::string_view text);

// "must be WANTED, not FOUND"; `wanted` is a phrase such as "a number from 1 to 5".
std::string wrong(std::string_view wanted, const nlohmann::json& found);

// "; did you mean web?", or "; write one of: a, b" when nothing known is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

std::string joined(const std::vector<std::string>& words);  // "a, b, c"

}  // namespace config
