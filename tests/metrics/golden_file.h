// Whole texts kept in golden/: UPDATE_GOLDEN=1 rewrites them; read the diff like code.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace metrics {

inline void expect_golden(const std::string& file, const std::string& text) {
  const std::string path = std::string(TEST_DATA_DIR) + "/golden/" + file;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream golden(path, std::ios::binary);
  std::stringstream wanted;
  wanted << golden.rdbuf();
  EXPECT_EQ(text, wanted.str()) << "if this is meant: UPDATE_GOLDEN=1 metrics_test";
}

}  // namespace metrics
