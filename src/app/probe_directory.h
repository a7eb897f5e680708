// What /probe may ask, of one configuration: the targets of the file, whether this exporter watches
// them or not, the modules, and the addresses that probe_allow has. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "app/plans.h"
#include "base/time.h"
#include "config/config.h"
#include "config/probe_allow.h"
#include "schedule/guest.h"
#include "web/services.h"

namespace app {

class ProbeDirectory {
 public:
  // `generation` tells the configurations of one run of the program apart.
  ProbeDirectory(std::shared_ptr<const config::Config> config, const Plans& plans,
                 std::uint64_t generation);

  const std::shared_ptr<const config::Config>& config() const { return config_; }

  struct Found {
    schedule::GuestQuestion question;
    std::size_t worker = 0;
    base::Duration timeout{};  // of each check
    web::ProbeResult shown;    // but for the report
  };
  // What to ask which worker, or why not.
  std::variant<Found, web::ProbeResult> look_up(const web::ProbeQuery& query,
                                                base::TimePoint now) const;

 private:
  struct Entry {
    const config::Target* target = nullptr;
    std::shared_ptr<const schedule::TargetPlan> plan;  // null: not watched here
    std::size_t worker = 0;
  };
  using Subject = std::variant<Entry, web::ProbeResult>;

  Subject find(const std::string& text) const;
  Subject find_address(const std::string& text) const;
  web::ProbeResult refuse(const std::string& text, const base::Address& address) const;
  std::size_t worker_for(const base::Address& address) const;

  const std::shared_ptr<const config::Config> config_;
  const std::uint64_t generation_;
  const std::shared_ptr<const config::ProbeAllow> allow_;
  const std::shared_ptr<const schedule::GuestPermission> permission_;
  struct ByAddress {
    bool operator()(const base::Address* a, const base::Address* b) const { return *a < *b; }
  };

  // The keys are those of the configuration.
  std::unordered_map<std::string_view, Entry> by_name_;
  std::map<const base::Address*, const Entry*, ByAddress> by_address_;  // the first of each
};

}  // namespace app
