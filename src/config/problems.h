// What is wrong with a configuration: every problem of it at once, each with its place and what to
// write instead. Pure values; one thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace config {

inline constexpr std::size_t kMaxProblems = 100;  // kept and shown; the rest is counted

class Problems {
 public:
  // `where` is "FILE:LINE: /path", "--flag=value" or "VARIABLE=value"; `line` only orders the text.
  void add(int line, std::string_view where, std::string_view what);

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  // One line each, those of the file in its order, without a newline at the end.
  std::string text() const;

 private:
  struct Problem {
    int line;
    std::string text;
  };
  std::vector<Problem> kept_;
  std::size_t count_ = 0;
};

// JSON pointer -> line, from 1. Of a value in a mapping it is the line of its key.
using Lines = std::map<std::string, int, std::less<>>;

// Where a value stands while it is read. Must not outlive the problems and the lines it was made
// with.
class Place {
 public:
  Place(Problems& problems, std::string_view file, const Lines& lines);  // the top of a file
  Place(Problems& problems, std::string origin);  // a value from elsewhere: "--flag=value"

  Place key(std::string_view key) const;
  Place index(std::size_t index) const;

  void problem(std::string_view what) const;
  // To see whether reading something brought problems: compare before and after.
  std::size_t problem_count() const { return problems_->count(); }

 private:
  int line() const;

  Problems* problems_;
  std::string origin_;
  const Lines* lines_ = nullptr;  // null: the origin says it all
  std::string path_;
};

// One step of a JSON pointer ("~" and "/" escaped).
std::string pointer_step(std::string_view key);

}  // namespace config
