#include "metrics/script_metrics.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "metrics/own_families.h"

namespace metrics {
namespace {

using exposition::ScriptFamily;
using exposition::ScriptSample;

const exposition::ScriptOutput* shown_output(const TargetView& target, std::size_t index) {
  const state::CheckStatus& check = target.status.checks[index];
  const base::Duration keep = std::max(
      {kKeepScriptOutput, target.identity.stale_after, 2 * target.identity.check_intervals[index]});
  const bool is_current = check.last_class == probe::OutcomeClass::pass &&
                          target.now - check.script_output_taken <= keep;
  return is_current ? check.script_output.get() : nullptr;
}

// All outputs of a page as one family per name. Points into what it is given.
class Merger {
 public:
  void add(const TargetView& target, const ScriptFamily& family) {
    const auto known = families_.find(family.name);
    if (known != families_.end()) {
      add_to(known->second, target, family);
    } else if (takes_free_names(family)) {
      families_.emplace(family.name, Merged{&family, {{&target, &family}}});
    } else {
      refuse(family);
    }
  }

  void count_refused(std::size_t series) { refused_ += series; }
  std::uint64_t refused() const { return refused_; }

  void write(exposition::Writer& writer) const {
    for (const auto& [name, merged] : families_) {
      const ScriptFamily& first = *merged.first;
      writer.family(name, first.help, first.type);
      for (const Part& part : merged.parts) write(part, writer);
    }
  }

 private:
  struct Part {
    const TargetView* target;
    const ScriptFamily* family;
  };
  struct Merged {
    const ScriptFamily* first;
    std::vector<Part> parts;  // in the order of targets
  };

  static void write(const Part& part, exposition::Writer& writer) {
    for (const ScriptSample& sample : part.family->samples) {
      writer.sample(sample.suffix, {part.target->identity.label_text, sample.label_text},
                    sample.value);
    }
  }

  void add_to(Merged& merged, const TargetView& target, const ScriptFamily& family) {
    if (merged.first->type == family.type && !repeats(merged, target, family)) {
      merged.parts.push_back({&target, &family});
    } else {
      refuse(family);
    }
  }

  // Only another check of the same target can repeat a series: the label `target` tells the others
  // apart.
  static bool repeats(const Merged& merged, const TargetView& target, const ScriptFamily& family) {
    std::unordered_set<std::string> there;
    for (auto part = merged.parts.rbegin(); part != merged.parts.rend(); ++part) {
      if (part->target != &target) break;
      for (const ScriptSample& sample : part->family->samples) there.insert(series_of(sample));
    }
    return !there.empty() &&
           std::ranges::any_of(family.samples, [&there](const ScriptSample& sample) {
             return there.contains(series_of(sample));
           });
  }

  static std::string series_of(const ScriptSample& sample) {
    return sample.suffix + "{" + sample.label_text;
  }

  bool takes_free_names(const ScriptFamily& family) {
    std::vector<std::string> names = exposition::taken_names(family.name, family.type);
    for (const std::string& name : names) {
      if (own_names().contains(name) || taken_.contains(name)) return false;
    }
    for (std::string& name : names) taken_.insert(std::move(name));
    return true;
  }

  void refuse(const ScriptFamily& family) { refused_ += family.samples.size(); }

  std::map<std::string_view, Merged> families_;
  std::unordered_set<std::string> taken_;
  std::uint64_t refused_ = 0;
};

}  // namespace

std::uint64_t write_script_metrics(std::span<const TargetView> targets,
                                   exposition::Writer& writer) {
  Merger merger;
  for (const TargetView& target : targets) {
    for (std::size_t i = 0; i < target.status.checks.size(); ++i) {
      const exposition::ScriptOutput* output = shown_output(target, i);
      if (!output) continue;
      merger.count_refused(output->refused);
      for (const ScriptFamily& family : output->families) merger.add(target, family);
    }
  }
  merger.write(writer);
  return merger.refused();
}

}  // namespace metrics
