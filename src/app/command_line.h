// The command line as a value. Parsing prints help and version itself; nothing else here has an
// effect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/check_command.h"
#include "app/get_command.h"
#include "config/flags.h"

namespace app {

enum class Command : std::uint8_t { serve, check, get, discover, demo };

struct CommandLine {
  Command command = Command::serve;
  config::Flags flags;
  bool config_check = false;
  bool enable_lifecycle = false;  // POST /-/reload
  std::string web_config_file;    // --web.config.file; empty: none
  bool systemd_socket = false;    // --web.systemd-socket
  CheckOptions check;
  GetFormat get_format = GetFormat::text;
};

struct ParsedCommandLine {
  CommandLine line;
  std::optional<int>
      exit_code;  // when there is nothing left to do: help, version, or a bad command line
};

ParsedCommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace app
