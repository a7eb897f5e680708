// What one source of targets finds. Values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "config/config.h"

namespace discovery {

inline constexpr std::size_t kMaxNotes = 1'000;  // of one kind and source
inline constexpr std::size_t kMaxNoteBytes = 1024;

struct Candidate {
  config::Target target;
  std::optional<config::Module> module;  // that it needs; none: the one that it names is there
  std::string where;                     // it came from, for people: "FILE:LINE"
};

struct Finding {
  std::string source;  // the key under `discovery`, which is the label source, too
  std::vector<Candidate> candidates;
  // What is wrong now and what to do; cleaned, for people. The same text while it is the same.
  std::vector<std::string> warnings;
  std::vector<std::string> hints;     // what would make for a better watch
  std::vector<std::string> included;  // patterns of more files, which those of the rules name
};

inline void note(std::vector<std::string>& notes, const std::string& text) {
  if (notes.size() < kMaxNotes) notes.push_back(base::clean_text(text, kMaxNoteBytes));
}

}  // namespace discovery
