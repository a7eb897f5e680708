#include "config/file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/temp_dir.h"

namespace config {
namespace {

using testing::HasSubstr;

TEST(ReadRegularFile, TellsBeyondItsLimitNoMoreThanThatThereIsMore) {
  const support::TempDir folder;
  const std::string text(200'000, 'x');
  const std::string path = folder.write("file", text);
  EXPECT_EQ(*read_regular_file(path, 300'000), text);
  EXPECT_EQ(*read_regular_file(path, 200'000), text);
  EXPECT_EQ(read_regular_file(path, 100'000)->size(), 100'001U);
  EXPECT_EQ(*read_regular_file(folder.write("empty", ""), 100), "");
}

TEST(ReadRegularFile, OfProcHasNoSizeAndIsReadAllTheSame) {
  EXPECT_THAT(*read_regular_file("/proc/self/status", 100'000), HasSubstr("Name:"));
}

// Opened for reading the ordinary way, a pipe without a writer waits for ever.
TEST(ReadRegularFile, NeverWaitsForAWriter) {
  const support::TempDir folder;
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(read_regular_file(pipe, 100).error(), HasSubstr("is a pipe, a socket or a device"));
  EXPECT_THAT(read_regular_file("/dev/zero", 100).error(), HasSubstr("write a regular file"));
}

TEST(ReadRegularFile, SaysWhyThereIsNothingToRead) {
  const support::TempDir folder;
  EXPECT_EQ(read_regular_file(folder.file("none"), 100).error(), "No such file or directory");
  EXPECT_EQ(read_regular_file(folder.file(""), 100).error(), "Is a directory");
  EXPECT_EQ(why_unreadable(EACCES),
            "Permission denied; let the user that the exporter runs as read it");
}

}  // namespace
}  // namespace config
