#include "config/web_part.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document.h"
#include "config/problems.h"
#include "config/schema.h"
#include "config/wording.h"

namespace config {
namespace {

// Every other line is empty, so that the numbers of those that are left hold.
std::string lines_of_web(std::string_view text) {
  std::string kept;
  bool is_web = false;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    const bool goes_on =
        std::string_view(" \t\r\n#}]").find(line.front()) != std::string_view::npos;
    if (!goes_on) is_web = line.starts_with("web:");
    kept += is_web ? line : "\n";
  }
  return kept;
}

// What else is wrong with a document does not matter, as long as it leaves one.
base::Result<Document> parse_leniently(const std::string& file, const std::string& text) {
  Problems problems;
  Document document = parse_document(file, text, problems);
  const bool is_broken = document.root->empty() && !problems.empty();
  if (!is_broken) return document;
  Problems still;
  Document part = parse_document(file, lines_of_web(text), still);
  if (!part.root->empty()) return part;
  return base::Unexpected{problems.text()};
}

void read_keys(const std::vector<std::string>& keys, const Document& document, const Place& place,
               Web& web) {
  if (!document.root->is_object()) return place.problem(wrong("a mapping", *document.root));
  if (!document.root->contains("web")) return;
  const Json& found = document.root->at("web");
  if (!found.is_object()) return place.key("web").problem(wrong("a mapping", found));
  for (const std::string& key : keys) {
    if (found.contains(key)) read_web_key(key, found.at(key), place.key("web").key(key), web);
  }
}

// What is wrong with the file, as far as we need it.
std::string read_file_into(Web& web, const std::vector<std::string>& keys, const std::string& file,
                           const FileReader& read_file) {
  const auto text = read_file(file);
  if (!text) return "--config.file=" + file + ": " + text.error();
  const auto document = parse_leniently(file, *text);
  if (!document) return document.error();
  Problems problems;
  read_keys(keys, *document, Place(problems, file, document->lines), web);
  return problems.text();
}

}  // namespace

base::Result<WebPart> load_web_part(const Flags& flags, const Environment& environment,
                                    const FileReader& read_file) {
  const auto empty_file = [](const std::string&) { return base::Result<std::string>(""); };
  auto loaded = load(flags, environment, empty_file);
  if (!loaded) return base::Unexpected{loaded.error()};
  WebPart part{.config = std::move(loaded).value().config, .problems = {}};
  std::vector<std::string> keys;
  if (flags.listen_addresses.empty()) keys.emplace_back("listen_address");
  if (!flags.route_prefix) keys.emplace_back("route_prefix");
  if (!flags.config_file || keys.empty()) return part;
  part.problems = read_file_into(part.config.web, keys, *flags.config_file, read_file);
  return part;
}

}  // namespace config
