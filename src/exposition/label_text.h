// Labels as they stand on a page: name="value", escaped. Pure.
#pragma once

#include <string>
#include <string_view>

namespace exposition {

bool is_valid_label_name(std::string_view name);   // [a-zA-Z_][a-zA-Z0-9_]*
bool is_valid_metric_name(std::string_view name);  // [a-zA-Z_:][a-zA-Z0-9_:]*

// Appends name="value" with \\, \n and " escaped, after a comma unless `text` is empty. The value
// is made valid UTF-8 without NUL: Prometheus would refuse the whole page for either.
void append_label(std::string& text, std::string_view name, std::string_view value);

}  // namespace exposition
