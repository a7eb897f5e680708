#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "base/text.h"

namespace config {
namespace {

// Ends the reading of a file. Never leaves this one.
struct Unreadable {
  int line;
  std::string what;
};

Json plain_scalar(const std::string& text) {
  const char first = text.empty() ? ' ' : text.front();
  const bool may_be_json =
      (first >= '0' && first <= '9') || first == '-' || first == 't' || first == 'f';
  if (!may_be_json) return text;
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(text) : value;
}

// yaml-cpp gives of the escapes \N and \_ their last byte alone. The text around them is valid.
std::string in_utf8(const std::string& text) {
  std::string valid;
  for (std::string_view rest = text; !rest.empty();) {
    const base::Character next = base::first_character(rest);
    if (!next.is_valid) valid += '\xC2';
    valid += rest.substr(0, next.size);
    rest.remove_prefix(next.size);
  }
  return valid;
}

// Builds the value bottom-up from yaml-cpp's events. Its own node graph would hide duplicate keys
// and expand aliases.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view file, Lines& lines, Problems& problems)
      : file_(file), lines_(lines), problems_(problems) {}

  Json take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) {
      throw Unreadable{mark.line + 1, "a second document starts here; write one document a file"};
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (takes_key()) return take_key(mark, "null");
    start(mark);
    attach(nullptr);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (takes_key()) throw Unreadable{mark.line + 1, "a key must be text, not an alias"};
    const std::string path = start(mark);
    add(mark.line + 1, path, "aliases (*name) are not read; write the value out");
    if (!frames_.empty()) frames_.back().key.reset();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& raw) override {
    const std::string value = in_utf8(raw);
    if (takes_key()) return take_key(mark, value);
    start(mark);
    const bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_text) refuse_tag(tag, mark);
    attach(is_text ? Json(value) : plain_scalar(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, Json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Key {
    std::string text;
    int line;
    bool is_dropped;  // a duplicate or a merge key: read on, keep nothing
  };
  struct Frame {
    Json value;
    std::string path;
    bool is_dropped;  // inside a dropped key: told once, at that key
    std::optional<Key> key;
  };

  bool takes_key() const {
    return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().key;
  }

  void take_key(const YAML::Mark& mark, const std::string& text) {
    Frame& frame = frames_.back();
    const int line = mark.line + 1;
    const bool is_dropped = frame.is_dropped || refuse_key(frame.path + pointer_step(text), line);
    frame.key = Key{text, line, is_dropped};
  }

  bool refuse_key(const std::string& path, int line) {
    if (path.ends_with("/<<")) {
      add(line, path, "merge keys are not read; write the keys out");
      return true;
    }
    const auto first = lines_.find(path);
    if (first == lines_.end()) return false;
    add(line, path, "is already there on line " + std::to_string(first->second) + "; keep one");
    return true;
  }

  std::string next_path() const {
    if (frames_.empty()) return "";
    const Frame& frame = frames_.back();
    return frame.path +
           pointer_step(frame.key ? frame.key->text : std::to_string(frame.value.size()));
  }

  // Counts a value and notes its line; returns its path.
  std::string start(const YAML::Mark& mark) {
    if (++nodes_ > kMaxNodes) {
      throw Unreadable{mark.line + 1,
                       "more than " + std::to_string(kMaxNodes) + " values; split it"};
    }
    std::string path = next_path();
    const bool has_key = !frames_.empty() && frames_.back().key;
    lines_.emplace(path, has_key ? frames_.back().key->line : mark.line + 1);
    return path;
  }

  void open(const YAML::Mark& mark, const std::string& tag, Json empty) {
    if (takes_key())
      throw Unreadable{
          mark.line + 1,
          "a bracket is not closed, or a list or a mapping stands where a key must be"};
    if (frames_.size() == kMaxDepth) {
      throw Unreadable{mark.line + 1,
                       "nested more than " + std::to_string(kMaxDepth) + " levels deep"};
    }
    std::string path = start(mark);
    refuse_tag(tag, mark);
    const bool is_dropped =
        !frames_.empty() &&
        (frames_.back().is_dropped || (frames_.back().key && frames_.back().key->is_dropped));
    frames_.push_back({std::move(empty), std::move(path), is_dropped, std::nullopt});
  }

  void close() {
    Json value = std::move(frames_.back().value);
    frames_.pop_back();
    attach(std::move(value));
  }

  void attach(Json value) {
    if (frames_.empty()) {
      if (!value.is_null()) root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (!frame.key) {
      frame.value.push_back(std::move(value));
      return;
    }
    if (!frame.key->is_dropped) frame.value[frame.key->text] = std::move(value);
    frame.key.reset();
  }

  void refuse_tag(const std::string& tag, const YAML::Mark& mark) {
    const bool is_known = tag == "?" || tag.empty() || tag == "tag:yaml.org,2002:map" ||
                          tag == "tag:yaml.org,2002:seq";
    if (!is_known) add(mark.line + 1, "", "tags (!name) are not read; remove " + tag);
  }

  void add(int line, const std::string& path, const std::string& what) {
    std::string where = file_ + ":" + std::to_string(line);
    if (!path.empty()) where += ": " + path;
    problems_.add(line, where, what);
  }

  std::string file_;
  Lines& lines_;
  Problems& problems_;
  Json root_ = Json::object();
  std::vector<Frame> frames_;
  std::size_t nodes_ = 0;
  bool started_ = false;
};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// An open quote would swallow the rest of the file without a word: this ends it with an error.
constexpr std::string_view kEndOfDocument = "\n...\n";

int line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, offset), '\n'));
}

bool is_refused_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

// yaml-cpp takes one for a letter.
void refuse_lone_returns(std::string_view text) {
  for (auto at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] == '\n') continue;
    throw Unreadable{line_at(text, at),
                     "a carriage return without a line feed; end lines with LF or CR LF, and write "
                     "\\r in double quotes where a text has one"};
  }
}

void refuse_bad_bytes(std::string_view text) {
  const std::string valid = base::valid_utf8(text);
  const auto [bad, ignored] = std::ranges::mismatch(text, valid);
  if (bad != text.end()) {
    throw Unreadable{line_at(text, static_cast<std::size_t>(bad - text.begin())),
                     "not UTF-8; save the file in that encoding"};
  }
  // yaml-cpp takes the byte 4 for the end of the file.
  const auto control = std::ranges::find_if(text, is_refused_control);
  if (control != text.end()) {
    throw Unreadable{line_at(text, static_cast<std::size_t>(control - text.begin())),
                     "a control character; remove it, or write it as \\x.. in double quotes"};
  }
  refuse_lone_returns(text);
}

bool is_indented_with_tab(std::string_view text, int line) {
  for (; line > 1; --line) text.remove_prefix(text.find('\n') + 1);
  const std::size_t first = text.find_first_not_of(" \t");
  return text.substr(0, first).find('\t') != std::string_view::npos;
}

std::string explain(const YAML::Exception& error, bool has_tab) {
  if (error.msg == "bad file") return "nested too deep";  // yaml-cpp's guard of its own stack
  if (error.msg == "illegal document indicator in scalar") return "a quoted text is not closed";
  if (has_tab) return "indented with a tab, which YAML does not take; use spaces";
  return "not YAML or JSON: " + error.msg + " (column " + std::to_string(error.mark.column + 1) +
         ")";
}

void parse(std::string_view text, Builder& builder) {
  const int last_line = line_at(text, text.size());
  std::istringstream stream(std::string(text).append(kEndOfDocument));
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const int line = std::clamp(error.mark.line + 1, 1, last_line);
    throw Unreadable{line, explain(error, is_indented_with_tab(text, line))};
  }
}

}  // namespace

Document parse_document(std::string_view file, std::string_view text, Problems& problems) {
  Document document;
  Builder builder(file, document.lines, problems);
  try {
    if (text.size() > kMaxFileBytes) throw Unreadable{1, "larger than 16 MiB; split it"};
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    refuse_bad_bytes(text);
    parse(text, builder);
  } catch (const Unreadable& unreadable) {
    problems.add(unreadable.line, std::string(file) + ":" + std::to_string(unreadable.line),
                 unreadable.what);
  }
  document.root = std::make_shared<const Json>(builder.take_root());
  return document;
}

}  // namespace config
