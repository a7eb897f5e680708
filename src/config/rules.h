// What names, labels, paths and parameters may be. Each function says what is wrong and what to
// write; nothing when all is well. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "config/config.h"

namespace config {

inline constexpr std::size_t kMaxNameBytes = 200;
inline constexpr std::size_t kMaxPathBytes = 2048;
inline constexpr std::size_t kMaxLabelTextBytes = 2048;  // of one target, as it stands on a page
inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::size_t kMaxParams = 256;
inline constexpr std::int64_t kMaxChildren = 1'000'000;  // of a pool
inline constexpr std::size_t kMaxParamNameBytes = 256;
inline constexpr std::size_t kMaxBuckets = 24;  // state::kMaxBuckets, which this floor does not see

inline constexpr base::Duration kLeastInterval = std::chrono::milliseconds(50);
inline constexpr base::Duration kMostWait = std::chrono::hours(24);  // of a duration, but one
inline constexpr base::Duration kMostStaleAfter = 3 * kMostWait;     // so long its default may be

// What stands in /config instead of a parameter's value that may be a password.
inline constexpr std::string_view kHiddenValue = "<secret>";
bool may_be_secret(std::string_view param_name);

std::string name_problem(std::string_view name);  // of targets, modules and checks
std::string pool_name_problem(std::string_view name);
std::string path_problem(std::string_view path);
std::string script_path_problem(std::string_view path);
std::string telemetry_path_problem(std::string_view path);
std::string route_prefix_problem(std::string_view path);
std::string page_path_problem(std::string_view path);
std::string label_problem(const std::string& name, const std::string& value);
std::string label_text_problem(const Target& target);
std::string param_problem(const std::string& name, const std::string& value);
std::string ratio_problem(double ratio);  // of active processes
std::string buckets_problem(const std::vector<double>& seconds);

// Every character that a name may not have made a "-", and the rest cut off.
std::string as_name(std::string_view text);

// NAME=ADDRESS as its two parts; the name is empty, and the text whole, when there is none.
std::pair<std::string_view, std::string_view> split_name(std::string_view text);

// What a target without a name is called: HOST:PORT, or the base name of its socket; the long name
// has the socket's whole path, for two sockets that share their base name.
std::string short_name(const base::Address& address);
std::string long_name(const base::Address& address);

}  // namespace config
