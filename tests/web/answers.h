// What an answer says, for the tests of this floor.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace web {

inline std::string header(const http::Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "(absent)";
}

inline std::string body(const http::Answer& answer) {
  std::string text;
  if (answer.body) {
    for (const std::string& chunk : *answer.body) text += chunk;
  }
  return text;
}

}  // namespace web
