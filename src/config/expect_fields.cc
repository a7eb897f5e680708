#include "config/expect_fields.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/types.h"

namespace config {
namespace {

using probe::Expectation;
using Body = Expectation::Body;

constexpr int kLowestStatus = 100;
constexpr int kHighestStatus = 999;

Field<Expectation> body_row(std::string_view key, Body body, std::string_view meaning) {
  Field<Expectation> row;
  row.key = key;
  row.type = "text";
  row.default_text = body == Body::contains ? yaml_flow(Expectation{}.text) : "";
  row.meaning = meaning;
  row.read = [body, read = text("text").read](const Json& json, const Place& place,
                                              Expectation& expect) {
    read(json, place, expect.text);
    expect.body = body;
  };
  row.write = [body](const Expectation& expect, Written& out) {
    if (expect.body == body) out = expect.text;
  };
  return row;
}

Field<Expectation> any_answer_row() {
  Field<Expectation> row;
  row.key = "any_answer";
  row.type = "true";
  row.meaning = "every whole answer will do, whatever its status";
  row.read = [](const Json& json, const Place& place, Expectation& expect) {
    if (json != true) place.problem(wrong("true", json));
    expect.body = Body::any_answer;
  };
  row.write = [](const Expectation& expect, Written& out) {
    if (expect.body == Body::any_answer) out = true;
  };
  return row;
}

struct StatusRange {
  int least;
  int most;
};

std::optional<StatusRange> parse_statuses(std::string_view text) {
  const std::size_t dots = text.find("..");
  const bool is_range = dots != std::string_view::npos;
  const auto least = base::parse_uint(text.substr(0, dots));
  const auto most = is_range ? base::parse_uint(text.substr(dots + 2)) : least;
  if (!least || !most || *least > *most) return std::nullopt;
  if (*least < kLowestStatus || *most > kHighestStatus) return std::nullopt;
  return StatusRange{static_cast<int>(*least), static_cast<int>(*most)};
}

}  // namespace

Type<Expectation> expectation() {
  std::vector<Field<Expectation>> rows{
      body_row("contains", Body::contains, "the body has this text in it"),
      body_row("equals", Body::equals, "the body is exactly this text"),
      body_row("regex", Body::regex,
               "the first 64 KiB of the body match (RE2 syntax, unanchored); repetitions up to "
               ".{0,50}"),
      body_row("not_contains", Body::not_contains, "the body does not have this text in it"),
      body_row("not_regex", Body::not_regex,
               "the first 64 KiB of the body do not match; the bounds are those of regex"),
      any_answer_row(),
  };
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (const auto& row : rows) keys.push_back(row.key);
  return object<Expectation>(std::move(rows),
                             [keys](const Json& json, const Place& place, Expectation&) {
                               if (json.size() != 1)
                                 place.problem("needs exactly one of: " + joined(keys));
                             });
}

Type<Expectation> statuses() {
  Type<Expectation> type;
  type.name = "a status such as 200, or a range such as 200..299";
  type.read = [name = type.name](const Json& json, const Place& place, Expectation& expect) {
    std::optional<StatusRange> range;
    if (json.is_string()) range = parse_statuses(json.get_ref<const std::string&>());
    if (json.is_number_integer()) range = parse_statuses(json.dump());
    if (!range) return place.problem(wrong(name, json));
    expect.min_status = range->least;
    expect.max_status = range->most;
  };
  type.write = [](const Expectation& expect, Written& out) {
    if (expect.min_status == expect.max_status) return void(out = expect.min_status);
    out = std::to_string(expect.min_status) + ".." + std::to_string(expect.max_status);
  };
  return type;
}

}  // namespace config
