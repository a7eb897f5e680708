#include "phpfpm/status_page.h"

namespace phpfpm {

std::string_view label(ProcessState state) {
  static constexpr std::array<std::string_view, kProcessStateCount> kLabels{
      "idle",   "running",  "finishing", "reading_headers", "getting_request_information",
      "ending", "creating", "other"};
  return kLabels[static_cast<std::size_t>(state)];
}

}  // namespace phpfpm
