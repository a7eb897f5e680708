#include "config/problems.h"

#include <algorithm>

#include "base/text.h"

namespace config {
namespace {

constexpr std::size_t kMaxWhereBytes = 300;
constexpr std::size_t kMaxWhatBytes = 1000;

// Of a login that was pasted as a key, "alice:$2y$10$...", the bcrypt hash is not repeated. The key
// ends where the next step of the pointer begins.
std::string without_hashes(std::string_view where) {
  constexpr std::string_view kHashBegin = "$2";
  std::string shown;
  while (true) {
    const std::size_t hash = where.find(kHashBegin);
    shown += where.substr(0, hash);
    if (hash == std::string_view::npos) return shown;
    shown += "...";
    const std::size_t next = where.find('/', hash);
    if (next == std::string_view::npos) return shown;
    where.remove_prefix(next);
  }
}

}  // namespace

void Problems::add(int line, std::string_view where, std::string_view what) {
  ++count_;
  if (kept_.size() == kMaxProblems) return;
  const std::string shown = without_hashes(where);
  std::string text = base::clean_text(shown, kMaxWhereBytes);
  text.append(shown.size() > kMaxWhereBytes ? "...: " : ": ");
  kept_.push_back({line, text + base::clean_text(what, kMaxWhatBytes)});
}

std::string Problems::text() const {
  std::vector<Problem> sorted = kept_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::string text;
  for (const Problem& problem : sorted) {
    if (!text.empty()) text += '\n';
    text += problem.text;
  }
  if (count_ > kept_.size()) {
    text.append("\nand ").append(std::to_string(count_ - kept_.size())).append(" more problems");
  }
  return text;
}

Place::Place(Problems& problems, std::string_view file, const Lines& lines)
    : problems_(&problems), origin_(file), lines_(&lines) {}

Place::Place(Problems& problems, std::string origin)
    : problems_(&problems), origin_(std::move(origin)) {}

Place Place::key(std::string_view key) const {
  Place below = *this;
  below.path_ += pointer_step(key);
  return below;
}

Place Place::index(std::size_t index) const {
  return key(std::to_string(index));
}

void Place::problem(std::string_view what) const {
  if (lines_ == nullptr) return problems_->add(0, origin_, what);
  const int at = line();
  std::string where = origin_ + ":" + std::to_string(at);
  if (!path_.empty()) where.append(": ").append(path_);
  problems_->add(at, where, what);
}

// A key that is missing has no line of its own: then the nearest thing around it has.
int Place::line() const {
  std::string_view path = path_;
  while (true) {
    if (const auto found = lines_->find(path); found != lines_->end()) return found->second;
    if (path.empty()) return 1;
    path = path.substr(0, path.rfind('/'));
  }
}

std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

}  // namespace config
