#include "web/accept.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/text.h"

namespace web {
namespace {

// Calls visit(media, quality, version) for each comma-separated entry such as
// `text/plain;version=0.0.4;q=0.5`.
template <typename Visit>
void for_each_entry(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view entry = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);

    std::string_view media, version;
    double quality = 1;
    for (bool first = true; !entry.empty(); first = false) {
      const auto semicolon = entry.find(';');
      const std::string_view part = base::trim(entry.substr(0, semicolon));
      entry =
          semicolon == std::string_view::npos ? std::string_view{} : entry.substr(semicolon + 1);
      if (first) {
        media = part;
      } else if (part.starts_with("q=")) {
        quality = std::strtod(std::string(part.substr(2)).c_str(), nullptr);
      } else if (part.starts_with("version=")) {
        version = part.substr(8);
      }
    }
    if (!media.empty()) visit(media, quality, version);
  }
}

}  // namespace

exposition::Format choose_format(std::string_view accept) {
  double openmetrics = 0;
  double text = 0;
  for_each_entry(accept, [&](std::string_view media, double quality, std::string_view version) {
    const bool any = media == "*/*";
    if (media == "application/openmetrics-text" && (version.empty() || version == "1.0.0")) {
      openmetrics = std::max(openmetrics, quality);
    }
    if (any || media == "text/*" ||
        (media == "text/plain" && (version.empty() || version == "0.0.4"))) {
      text = std::max(text, quality);
    }
  });
  return openmetrics > text ? exposition::Format::openmetrics_1_0 : exposition::Format::text_0_0_4;
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool accepted = false;
  for_each_entry(accept_encoding, [&](std::string_view coding, double quality, std::string_view) {
    if (base::equals_ignoring_case(coding, "gzip")) accepted = quality > 0;
  });
  return accepted;
}

bool accepts_json(std::string_view accept) {
  bool accepted = false;
  for_each_entry(accept, [&](std::string_view media, double quality, std::string_view) {
    if (base::equals_ignoring_case(media, "application/json")) accepted = quality > 0;
  });
  return accepted;
}

}  // namespace web
