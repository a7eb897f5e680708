// Status pages to read, for the tests of this floor.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "phpfpm/status_page.h"

namespace phpfpm {

inline std::string contents(const std::string& file) {
  std::ifstream in(std::string(TEST_DATA_DIR "/") + file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

// The pool's figures as PHP-FPM writes them, the object left open.
inline std::string head() {
  return R"({"pool":"www","process manager":"static","start time":1795353943,"start since":57,)"
         R"("accepted conn":4,"listen queue":1,"max listen queue":2,"listen queue len":511,)"
         R"("idle processes":3,"active processes":1,"total processes":4,)"
         R"("max active processes":5,"max children reached":6,"slow requests":7)";
}

inline std::string short_page() {
  return head() + '}';
}

inline std::string full_page(std::string_view list) {
  return head() + ", \"processes\":[" + std::string(list) + "]}";
}

inline StatusPage parsed(std::string_view body, Keep keep = Keep::summary) {
  const auto page = parse_status_page(body, keep);
  EXPECT_TRUE(page.has_value()) << (page ? "" : page.error());
  return page ? *page : StatusPage{};
}

inline std::string reason_against(std::string_view body) {
  const auto page = parse_status_page(body, Keep::processes);
  EXPECT_FALSE(page.has_value());
  return page ? "" : page.error();
}

inline std::uint64_t count(const StatusPage& page, ProcessState state) {
  EXPECT_TRUE(page.summary.has_value());
  return page.summary ? page.summary->by_state[static_cast<std::size_t>(state)] : 0;
}

// What is left of a page whose list is broken: everything but the list.
inline StatusPage without_list(StatusPage page) {
  page.summary.reset();
  page.processes.clear();
  page.warnings = 0;
  return page;
}

}  // namespace phpfpm
