// Flags, environment and file become one checked configuration, or every problem at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/environment.h"
#include "config/flags.h"

namespace config {

struct Loaded {
  Config config;
  std::vector<std::string> warnings;  // to be logged once
  bool seed_mode = false;
  std::string blank_file;  // the one that was read, if it has no key at all
};

// The bytes of a file, or the reason why there are none.
using FileReader = std::function<base::Result<std::string>(const std::string& path)>;

// Precedence: flags, then the environment, then the file, then the defaults. The environment only
// counts with neither --config.file nor --fastcgi.target: in seed mode, or as the variables of
// hipages/php-fpm_exporter. The error has a line for each problem. Pure but for what `read_file`
// does.
base::Result<Loaded> load(const Flags& flags, const Environment& environment,
                          const FileReader& read_file);

// A regular file; of one that is too large no more than shows it.
base::Result<std::string> read_file(const std::string& path);

// The variables of this process.
Environment process_environment();

}  // namespace config
