// The page at `/`: what this is, how its targets are, where to go. Works without JavaScript and
// styles from outside.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"
#include "state/board.h"

namespace web {

inline constexpr std::size_t kMaxLandingTargets = 200;

struct LandingInput {
  const state::TargetSet& targets;
  std::string_view version;
  std::string_view telemetry_path;
  base::TimePoint now;
};

http::Answer landing_page(const LandingInput& input);

// Text made safe inside an HTML element or a quoted attribute.
std::string escape_html(std::string_view text);

}  // namespace web
