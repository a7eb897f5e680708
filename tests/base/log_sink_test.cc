#include "base/log_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "support/temp_dir.h"

namespace base::log {
namespace {

const std::string kLine(2047, 'x');

struct Ends {
  UniqueFd reader, writer;
};

Ends make_pipe() {
  std::array<int, 2> fds{};
  EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends make_socket_pair() {
  std::array<int, 2> fds{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// All that is there, without waiting for more.
std::string read_all(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

class LineSinkTo : public testing::TestWithParam<Ends (*)()> {};

TEST_P(LineSinkTo, WritesWholeLines) {
  const Ends ends = GetParam()();
  LineSink sink(ends.writer.get());
  sink.write("one\n");
  sink.write("two\n");
  EXPECT_EQ(read_all(ends.reader.get()), "one\ntwo\n");
  EXPECT_EQ(sink.dropped_lines(), 0U);
}

TEST_P(LineSinkTo, DropsAndCountsWhenNobodyReads) {
  const Ends ends = GetParam()();
  LineSink sink(ends.writer.get());
  const std::size_t lines = 2000;  // far more than a pipe or a socket holds
  for (std::size_t i = 0; i < lines; ++i) sink.write(kLine + "\n");
  const std::string kept = read_all(ends.reader.get());
  EXPECT_GT(sink.dropped_lines(), 0U);
  EXPECT_EQ(kept.size() % (kLine.size() + 1), 0U) << "a line was torn";
  EXPECT_EQ(kept.size() / (kLine.size() + 1) + sink.dropped_lines(), lines);

  sink.write("it reads again\n");
  EXPECT_EQ(read_all(ends.reader.get()), "it reads again\n");
}

TEST_P(LineSinkTo, SurvivesAReaderThatIsGone) {
  Ends ends = GetParam()();
  ends.reader.reset();
  LineSink sink(ends.writer.get());
  sink.write("nobody\n");  // SIGPIPE would end the test
  EXPECT_EQ(sink.dropped_lines(), 1U);
}

TEST_P(LineSinkTo, LeavesTheSharedFlagsAlone) {
  const Ends ends = GetParam()();
  LineSink sink(ends.writer.get());
  sink.write("line\n");
  EXPECT_EQ(fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, LineSinkTo, testing::Values(&make_pipe, &make_socket_pair),
                         [](const auto& kind) { return kind.index == 0 ? "pipe" : "socket"; });

TEST(LineSink, AppendsToAFile) {
  const support::TempDir directory;
  const UniqueFd file(
      open(directory.write("log", "before\n").c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  LineSink sink(file.get());
  sink.write("line\n");
  lseek(file.get(), 0, SEEK_SET);
  EXPECT_EQ(read_all(file.get()), "before\nline\n");
}

TEST(LineSink, DropsWhenTheDiskIsFull) {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  LineSink sink(full.get());
  sink.write("line\n");
  EXPECT_EQ(sink.dropped_lines(), 1U);
}

TEST(LineSink, DropsWhenThereIsNoDescriptor) {
  LineSink sink(-1);
  sink.write("line\n");
  EXPECT_EQ(sink.dropped_lines(), 1U);
}

}  // namespace
}  // namespace base::log
