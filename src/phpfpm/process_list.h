// The list of processes of a `full` status page, slot by slot as it is read. Pure.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "phpfpm/status_page.h"

namespace phpfpm {

// A value of the page. monostate: none that PHP-FPM writes (null, true, a negative number, a list).
using Scalar = std::variant<std::monostate, std::uint64_t, double, std::string_view>;

class ProcessList {
 public:
  explicit ProcessList(Keep keep) : keep_(keep) {}

  void open_process();
  // Of the process that is open. Other keys than ours are ignored, and so are their values.
  void set(std::string_view key, const Scalar& value);
  void close_process();

  // The list is not as PHP-FPM writes it: what stands in it may be a client's work.
  void mark_broken() { is_broken_ = true; }

  // Adds summary, processes and warnings to the page; of a broken list one warning only.
  void put_into(StatusPage& page) &&;

 private:
  static constexpr std::size_t kKeys = 6;

  const Keep keep_;
  Process process_;  // the one that is open
  std::bitset<kKeys> seen_;
  std::size_t count_ = 0;
  ProcessSummary summary_;
  std::vector<Process> processes_;
  std::uint32_t warnings_ = 0;
  bool is_broken_ = false;
};

}  // namespace phpfpm
