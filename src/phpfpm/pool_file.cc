#include "phpfpm/pool_file.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace phpfpm {
namespace {

constexpr std::size_t kMaxShownBytes = 80;

constexpr std::array<std::string_view, 8> kKeys = {
    "include",        "listen",           "ping.path",       "ping.response",
    "pm.status_path", "pm.status_listen", "pm.max_children", "prefix"};

std::string shown(std::string_view text) {
  return '"' + base::clean_text(text, kMaxShownBytes) +
         (text.size() > kMaxShownBytes ? "...\"" : "\"");
}

bool is_plain(std::string_view text) {
  return base::clean_text(text, text.size()) == text;
}

// The word that FPM's reader takes for it; those that mean no are empty.
std::string_view word_value(std::string_view text) {
  for (const char* yes : {"on", "yes", "true"}) {
    if (base::equals_ignoring_case(text, yes)) return "1";
  }
  for (const char* no : {"off", "no", "none", "false", "null"}) {
    if (base::equals_ignoring_case(text, no)) return "";
  }
  return text;
}

// A value in pieces, quoted and not, up to a comment: a"b;c"d is ab;cd.
class ValueReader {
 public:
  explicit ValueReader(std::string_view raw) : rest_(base::trim(raw)) {}

  std::string read() {
    while (!rest_.empty() && rest_.front() != ';') {
      const char first = rest_.front();
      if (first == '"' || first == '\'') {
        read_quoted(first);
      } else {
        read_plain();
      }
    }
    return has_quotes_ ? value_ : std::string(word_value(value_));
  }
  bool is_closed() const { return is_closed_; }

 private:
  void read_plain() {
    const std::size_t end = std::min(rest_.find_first_of(";\"'"), rest_.size());
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(end);
    const bool is_last = rest_.empty() || rest_.front() == ';';
    value_ += is_last ? base::trim(piece) : piece;
  }

  void read_quoted(char quote) {
    has_quotes_ = true;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != quote) {
      const bool is_escape = quote == '"' && rest_.size() > 1 && rest_[0] == '\\' &&
                             std::string_view("\"\\'").find(rest_[1]) != std::string_view::npos;
      if (is_escape) rest_.remove_prefix(1);
      value_ += rest_.front();
      rest_.remove_prefix(1);
    }
    is_closed_ = is_closed_ && !rest_.empty();
    if (!rest_.empty()) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  std::string value_;
  bool has_quotes_ = false;
  bool is_closed_ = true;
};

class FileReader {
 public:
  PoolFile read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const bool is_cut = text.size() > kMaxPoolFileBytes;
    text = text.substr(0, kMaxPoolFileBytes);
    while (!text.empty() && out_.directives.size() < kMaxPoolDirectives) {
      ++line_;
      const std::size_t end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (is_cut || !text.empty()) problem("the file is too long, and what follows is left out");
    return std::move(out_);
  }

 private:
  void problem(std::string_view what) {
    if (out_.problems.size() > kMaxPoolProblems) return;
    const bool is_last = out_.problems.size() == kMaxPoolProblems;
    out_.problems.push_back({line_, is_last ? "there are more problems" : std::string(what)});
  }

  void read_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (line.empty() || line.front() == ';' || line.front() == '#') return;
    if (line.size() > kMaxPoolFileLineBytes) return problem("the line is too long to be read");
    if (line.front() == '[') return read_section(line.substr(1));
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      read_entry(base::trim(line.substr(0, equals)), line.substr(equals + 1));
    }
  }

  // A section with a bad name is still the end of the one before.
  void read_section(std::string_view rest) {
    const std::size_t end = rest.find(']');
    std::string name = ValueReader(rest.substr(0, end)).read();
    const bool is_good = end != std::string_view::npos && !name.empty() &&
                         name.size() <= kMaxPoolSectionBytes && is_plain(name);
    if (!is_good) {
      problem(shown(rest) + " is no section; write [NAME]");
      name.clear();
    }
    add(PoolDirective::Kind::section, "", std::move(name));
  }

  void read_entry(std::string_view name, std::string_view raw) {
    const auto key = std::ranges::find_if(
        kKeys, [name](std::string_view known) { return base::equals_ignoring_case(known, name); });
    if (key == kKeys.end()) return;
    ValueReader reader(raw);
    std::string value = reader.read();
    const std::string reason = why_bad(reader, value);
    if (!reason.empty()) return problem(std::string(*key) + " " + reason);
    const bool is_include = *key == "include";
    add(is_include ? PoolDirective::Kind::include : PoolDirective::Kind::value,
        is_include ? "" : std::string(*key), std::move(value));
  }

  static std::string why_bad(const ValueReader& reader, const std::string& value) {
    if (!reader.is_closed()) return "has a quote that is not closed";
    if (value.find("${") != std::string::npos) {
      return "has a variable of PHP-FPM's own environment, which is not known here; write the "
             "target under `targets`";
    }
    if (value.size() > kMaxPoolValueBytes) return "is too long: " + shown(value);
    return is_plain(value) ? "" : "holds a control character or broken UTF-8: " + shown(value);
  }

  void add(PoolDirective::Kind kind, std::string key, std::string value) {
    out_.directives.push_back({kind, line_, std::move(key), std::move(value)});
  }

  PoolFile out_;
  int line_ = 0;
};

// What FPM does to each `$pool` of a value.
std::string with_pool_name(std::string_view value, const std::string& name) {
  constexpr std::string_view kVariable = "$pool";
  std::string text;
  for (std::size_t at = value.find(kVariable); at != std::string_view::npos;
       at = value.find(kVariable)) {
    text.append(value.substr(0, at)).append(name);
    value.remove_prefix(at + kVariable.size());
  }
  return text.append(value);
}

bool may_be_in_path(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/_-.~").find(c) != std::string_view::npos;
}

// FPM's own rules: it would not start with another one.
std::string why_bad_path(std::string_view path) {
  const bool is_good =
      path.size() > 1 && path.front() == '/' && std::ranges::all_of(path, may_be_in_path);
  return is_good ? "" : shown(path) + " is no path that PHP-FPM takes; write it like /fpm-ping";
}

constexpr std::size_t kMaxPingResponseBytes = 64;

std::string why_bad_value(std::string_view key, std::string_view value) {
  if (key == "ping.path" || key == "pm.status_path") return why_bad_path(value);
  if (key == "ping.response" && (value.empty() || value.size() > kMaxPingResponseBytes)) {
    return shown(value) + " is no response that PHP-FPM takes; write 1 to 64 characters";
  }
  if (key != "pm.max_children") return "";
  const auto count = base::parse_uint(value);
  return count && *count > 0 && *count <= kMaxPoolChildren ? "" : shown(value) + " is no count";
}

}  // namespace

PoolFile parse_pool_file(std::string_view text) {
  return FileReader().read(text);
}

void PoolSet::apply(const PoolDirective& directive, std::string_view file) {
  if (directive.kind == PoolDirective::Kind::section) return enter(directive, file);
  if (directive.kind == PoolDirective::Kind::value && current_)
    set(pools_[*current_], directive, file);
}

void PoolSet::enter(const PoolDirective& section, std::string_view file) {
  current_.reset();
  const std::string& name = section.value;
  if (name.empty() || base::equals_ignoring_case(name, "global")) return;
  const auto same = std::ranges::find_if(
      pools_, [&](const Pool& pool) { return base::equals_ignoring_case(pool.name, name); });
  if (same == pools_.end() && pools_.size() == kMaxPools) {
    return add_problem(section, file, "there are too many pools, and this one is left out");
  }
  current_ = static_cast<std::size_t>(same - pools_.begin());
  if (same != pools_.end()) return;
  Pool pool;
  pool.name = name;
  pool.file = file;
  pool.line = section.line;
  pools_.push_back(std::move(pool));
}

void PoolSet::set(Pool& pool, const PoolDirective& directive, std::string_view file) {
  const std::string value = with_pool_name(directive.value, pool.name);
  std::string reason = why_bad_value(directive.key, value);
  if (value.size() > kMaxPoolValueBytes) reason = "is too long with the pool's name in it";
  if (!reason.empty()) return add_problem(directive, file, directive.key + ": " + reason);
  if (directive.key == "pm.max_children") {
    pool.max_children = static_cast<std::uint32_t>(*base::parse_uint(value));
    return;
  }
  constexpr std::array<std::pair<std::string_view, std::string Pool::*>, 6> kTexts = {{
      {"listen", &Pool::listen},
      {"ping.path", &Pool::ping_path},
      {"ping.response", &Pool::ping_response},
      {"pm.status_path", &Pool::status_path},
      {"pm.status_listen", &Pool::status_listen},
      {"prefix", &Pool::prefix},
  }};
  for (const auto& [key, member] : kTexts) {
    if (key == directive.key) pool.*member = value;
  }
}

void PoolSet::add_problem(const PoolDirective& directive, std::string_view file,
                          std::string_view what) {
  if (problems_.size() >= kMaxPoolProblems) return;
  problems_.push_back(std::string(file) + ":" + std::to_string(directive.line) + ": " +
                      std::string(what));
}

}  // namespace phpfpm
