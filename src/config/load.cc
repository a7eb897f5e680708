#include "config/load.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "config/document.h"
#include "config/schema.h"

namespace config {
namespace {

constexpr const char* kDefaultListenAddress = ":9253";

void apply_file(const std::string& path, const FileReader& read, Config& config,
                Problems& problems) {
  const auto text = read(path);
  if (!text) return problems.add(0, "--config.file=" + path, text.error());
  const Document document = parse_document(path, *text, problems);
  read_config(*document.root, Place(problems, path, document.lines), config);
}

}  // namespace

base::Result<Loaded> load(const Flags& flags, const Environment& environment,
                          const FileReader& read_file) {
  Loaded loaded;
  Problems problems;
  loaded.seed_mode = !flags.config_file && flags.targets.empty();
  if (loaded.seed_mode) {
    loaded.config = seed_config(environment, problems, loaded.warnings);
  } else {
    loaded.config = default_config();
    std::string ignored = ignored_variables(environment);
    if (!ignored.empty()) loaded.warnings.push_back(std::move(ignored));
  }
  if (flags.config_file) apply_file(*flags.config_file, read_file, loaded.config, problems);
  apply_flags(flags, loaded.config, problems, loaded.warnings);
  if (!problems.empty()) return base::Unexpected{problems.text()};
  if (loaded.config.web.listen_address.empty()) {
    loaded.config.web.listen_address = {*base::parse_listen_address(kDefaultListenAddress)};
  }
  if (loaded.config.targets.empty()) {
    loaded.warnings.push_back("no target is configured; write some under `targets`");
  }
  return loaded;
}

base::Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::Unexpected{std::generic_category().message(errno)};
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return base::Unexpected{std::generic_category().message(errno)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Environment process_environment() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace config
