#include "probe/ready.h"

#include "exposition/numbers.h"

namespace probe {
namespace {

std::string queue_reason(const ReadyRules& rules, const Load& load) {
  if (!rules.max_listen_queue || !load.listen_queue) return {};
  if (*load.listen_queue <= *rules.max_listen_queue) return {};
  return std::to_string(*load.listen_queue) + " waiting in the listen queue, ready up to " +
         std::to_string(*rules.max_listen_queue);
}

std::string ratio_reason(const ReadyRules& rules, const Load& load) {
  if (!rules.max_active_ratio || !load.active_processes) return {};
  if (!load.max_children || *load.max_children == 0) return {};
  const double ratio =
      static_cast<double>(*load.active_processes) / static_cast<double>(*load.max_children);
  if (ratio <= *rules.max_active_ratio) return {};
  std::string text = std::to_string(*load.active_processes) + " of " +
                     std::to_string(*load.max_children) +
                     " processes active, ready up to a ratio of ";
  exposition::append_number(text, *rules.max_active_ratio);
  return text;
}

}  // namespace

std::string reason_not_ready(const ReadyRules& rules, const Load& load) {
  const std::string queue = queue_reason(rules, load);
  const std::string ratio = ratio_reason(rules, load);
  return queue.empty() || ratio.empty() ? queue + ratio : queue + "; " + ratio;
}

}  // namespace probe
