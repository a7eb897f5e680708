// Where a running exporter listens, as far as its file still says: for commands that ask it. It
// runs on the configuration it was started with, whatever has become of the file since.
#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"
#include "config/environment.h"
#include "config/flags.h"
#include "config/load.h"

namespace config {

struct WebPart {
  Config config;         // of the file no more than web.listen_address and web.route_prefix
  std::string problems;  // why one of the two, which no flag says, is unknown; mostly empty
};

// Looks into the file only for what no flag says, and then at nothing else in it. Of a file whose
// syntax is broken the lines of its key `web` are read, if they are whole by themselves. The error
// is of flags or variables.
base::Result<WebPart> load_web_part(const Flags& flags, const Environment& environment,
                                    const FileReader& read_file);

}  // namespace config
