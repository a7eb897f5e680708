// What a client said it can read, as a choice. Pure.
#pragma once

#include <string_view>

#include "exposition/writer.h"

namespace web {

// By the highest quality among the formats we speak; text 0.0.4 when nothing fits (a scrape is
// never answered 406).
exposition::Format choose_format(std::string_view accept);

// True unless gzip is absent or refused with q=0.
bool accepts_gzip(std::string_view accept_encoding);

// True when application/json is named and not refused.
bool accepts_json(std::string_view accept);

}  // namespace web
