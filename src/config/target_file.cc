#include "config/target_file.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "config/document.h"
#include "config/rules.h"
#include "config/target_fields.h"
#include "config/types.h"

namespace config {
namespace {

constexpr const char* kShape = R"(write [{"targets": ["www=unix:/run/php/www.sock"]}])";

struct Group {
  std::vector<std::string> targets;
  Pairs labels;
  std::string module;  // empty: the rule's
  std::optional<base::Address> status_address;
  std::optional<std::uint32_t> max_children;
  std::optional<std::string> pool;
};

// Prometheus' own drop out there, too, once targets are relabelled.
bool is_hidden(const std::string& label) {
  return label.starts_with("__");
}

std::string group_label_problem(const std::string& name, const std::string& value) {
  return is_hidden(name) ? "" : label_problem(name, value);
}

const std::vector<Field<Group>>& group_rows() {
  static const std::vector<Field<Group>> rows{
      required(field<Group>("targets", &Group::targets,
                            list_of(text("an address, or NAME=ADDRESS"), "a list of addresses"),
                            "each [NAME=]ADDRESS; without NAME it is HOST:PORT, or the base name "
                            "of the socket")),
      field<Group>(
          "labels", &Group::labels,
          text_pairs("a mapping of label names to texts", kMaxLabels, group_label_problem),
          "labels of every series of these targets; those that begin with __ are left out"),
      with_default(
          field<Group>("module", &Group::module, text("a module's name"), "what is asked of them"),
          "the module of the rule"),
      field<Group>("status_address", &Group::status_address, optional(responder_address()),
                   "pm.status_listen of the pool, for a group of one target"),
      field<Group>("max_children", &Group::max_children,
                   optional(whole<std::uint32_t>(1, kMaxChildren)), "pm.max_children of each"),
      with_default(
          field<Group>("pool", &Group::pool, optional(text("a pool's name", pool_name_problem)),
                       "the label pool of their phpfpm_ metrics"),
          "the name on its status page"),
  };
  return rows;
}

// Those of the group, then those of the rule that it does not have.
Pairs labels_of(const Group& group, const TargetFiles& defaults) {
  Pairs labels;
  for (const auto& pair : group.labels) {
    if (!is_hidden(pair.first)) labels.push_back(pair);
  }
  for (const auto& pair : defaults.labels) {
    const bool is_new =
        std::ranges::none_of(labels, [&](const auto& label) { return label.first == pair.first; });
    if (is_new) labels.push_back(pair);
  }
  std::ranges::sort(labels);
  return labels;
}

// Where the targets of one file are gathered.
class TargetsReader {
 public:
  TargetsReader(std::string_view file, const Lines& lines, const TargetFiles& defaults,
                const Config& config)
      : file_(file), lines_(lines), defaults_(defaults), config_(config) {}

  void add(const Group& group, std::size_t index, const Place& place) {
    check(group, place);
    for (std::size_t i = 0; i < group.targets.size(); ++i) {
      const Place at = place.key("targets").index(i);
      const std::string path = "/" + std::to_string(index) + "/targets/" + std::to_string(i);
      if (targets_.size() == kMaxTargetsPerFile) return;
      add_target(group, group.targets[i], path, at);
    }
  }

  std::vector<FileTarget> take() { return std::move(targets_); }

 private:
  void check(const Group& group, const Place& place) const {
    if (!group.module.empty()) {
      const std::string reason = module_problem(group.module, config_);
      if (!reason.empty()) place.key("module").problem(reason);
    }
    if (group.status_address && group.targets.size() != 1) {
      place.key("status_address")
          .problem("belongs to one pool; write a group of its own for each pool");
    }
    if (targets_.size() + group.targets.size() > kMaxTargetsPerFile) {
      place.problem("more than " + std::to_string(kMaxTargetsPerFile) +
                    " targets in one file; write several files");
    }
  }

  void add_target(const Group& group, std::string_view text, const std::string& path,
                  const Place& place) {
    const auto [name, rest] = split_name(text);
    const bool has_name = rest.size() != text.size();
    const std::string bad_name = has_name ? name_problem(name) : "";
    if (!bad_name.empty()) return place.problem(bad_name);
    const auto address = base::parse_address(rest);
    if (!address) return place.problem(address.error());
    FileTarget made;
    made.target.name = has_name ? std::string(name) : short_name(*address);
    made.target.address = *address;
    made.target.module = group.module.empty() ? defaults_.module : group.module;
    made.target.status_address = group.status_address;
    made.target.max_children = group.max_children;
    made.target.pool = group.pool.value_or("");
    made.target.labels = labels_of(group, defaults_);
    made.target.source = "target_files";
    made.where = file_ + line_text(path);
    const std::string reason = label_text_problem(made.target);
    if (!reason.empty()) return place.problem(reason);
    const auto [first, is_new] = names_.emplace(made.target.name, made.where);
    if (!is_new) {
      return place.problem(in_quotes(made.target.name) + " is the name of the target of " +
                           first->second + " already; write NAME=ADDRESS with a name of its own");
    }
    targets_.push_back(std::move(made));
  }

  std::string line_text(const std::string& path) const {
    const auto line = lines_.find(path);
    return line == lines_.end() ? "" : ":" + std::to_string(line->second);
  }

  const std::string file_;
  const Lines& lines_;
  const TargetFiles& defaults_;
  const Config& config_;
  std::map<std::string, std::string> names_;  // to where they stand
  std::vector<FileTarget> targets_;
};

bool is_blank(const Json& root) {
  return root.is_object() && root.empty();
}

}  // namespace

base::Result<std::vector<FileTarget>> parse_target_file(std::string_view file,
                                                        std::string_view text,
                                                        const TargetFiles& defaults,
                                                        const Config& config) {
  Problems problems;
  const std::string name(file);
  if (text.size() > kMaxTargetFileBytes) {
    return base::Unexpected{name + ": larger than 4 MiB; write several files"};
  }
  const Document document = parse_document(file, text, problems);
  if (problems.empty() && is_blank(*document.root)) {
    problems.add(1, name + ":1", "is empty; write [] when there is no target");
  }
  if (!problems.empty()) return base::Unexpected{problems.text()};
  const Place top(problems, file, document.lines);
  TargetsReader reader(file, document.lines, defaults, config);
  if (!document.root->is_array()) {
    top.problem(std::string("must be a list of groups; ") + kShape);
  } else {
    for (std::size_t i = 0; i < document.root->size(); ++i) {
      Group group;
      if (read_fields(group_rows(), (*document.root)[i], top.index(i), group)) {
        reader.add(group, i, top.index(i));
      }
    }
  }
  if (!problems.empty()) return base::Unexpected{problems.text()};
  return reader.take();
}

void describe_target_file(std::vector<ReferenceTable>& out) {
  describe_fields(group_rows(), "", out);
}

}  // namespace config
