// Loading configurations in tests: from texts, and from files beside the tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "config/load.h"

namespace config {

inline std::filesystem::path test_data() {
  return std::filesystem::path(TEST_DATA_DIR) / "testdata";
}

// The checked-in examples and the reference.
inline std::filesystem::path examples() {
  return std::filesystem::path(TEST_DATA_DIR).parent_path().parent_path() / "config";
}

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// UPDATE=1 rewrites what is expected instead of comparing; the difference is then reviewed like
// code.
inline bool is_update() {
  return std::getenv("UPDATE") != nullptr;
}

inline void write_content(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

// As `--config.file=NAME`, where the file holds `text`.
inline base::Result<Loaded> load_text(const std::string& text, Flags flags = {},
                                      const std::string& name = "file.yaml") {
  flags.config_file = name;
  return load(flags, {}, [&](const std::string&) { return base::Result<std::string>(text); });
}

inline base::Result<Loaded> load_path(const std::filesystem::path& path) {
  return load_text(content(path), {}, path.filename());
}

// For loads that must not read any file.
inline base::Result<std::string> no_file(const std::string& path) {
  return base::Unexpected{"no file may be read here: " + path};
}

}  // namespace config
