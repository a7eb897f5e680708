// The program: the command line, the configuration, then one of serve, check and demo.
#include <fcntl.h>

#include <exception>
#include <iostream>

#include "app/command_line.h"
#include "app/run.h"

namespace {

// A descriptor that is closed here would be given to a socket, and the log would be written into
// it.
void open_closed_stdio() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) [[maybe_unused]]
      const int null = open("/dev/null", O_RDWR);
  }
}

// Half a list of targets, written to a full disk, is no success. Of `check` the exit code is the
// answer, which is true whoever can read the words.
int with_output_written(int exit_code, bool is_answer = false) {
  if (std::cout.flush()) return exit_code;
  std::cerr << "the output could not be written\n";
  return exit_code == 0 && !is_answer ? 1 : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  open_closed_stdio();
  const app::ParsedCommandLine parsed = app::parse_command_line(argc, argv);
  if (parsed.exit_code) return with_output_written(*parsed.exit_code);
  try {
    return with_output_written(app::run(parsed.line), parsed.line.command == app::Command::check);
  } catch (const std::exception& error) {
    std::cerr << "fastcgi_exporter cannot go on: " << error.what() << "\n";
    return 1;
  }
}
