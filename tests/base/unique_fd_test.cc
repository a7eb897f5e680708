#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

namespace base {
namespace {

int open_descriptor() {
  return eventfd(0, EFD_CLOEXEC);
}

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

TEST(UniqueFd, ClosesAtItsEnd) {
  const int raw = open_descriptor();
  {
    const UniqueFd fd(raw);
    EXPECT_TRUE(fd.is_open());
    EXPECT_TRUE(is_open(raw));
  }
  EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, MovesItsDescriptor) {
  const int raw = open_descriptor();
  UniqueFd first(raw);
  UniqueFd second(std::move(first));
  EXPECT_EQ(second.get(), raw);

  const int other = open_descriptor();
  UniqueFd third(other);
  third = std::move(second);
  EXPECT_FALSE(is_open(other));
  EXPECT_EQ(third.get(), raw);
  EXPECT_TRUE(is_open(raw));
}

TEST(UniqueFd, GivesItsDescriptorAway) {
  UniqueFd fd(open_descriptor());
  const UniqueFd taken(fd.release());
  EXPECT_FALSE(fd.is_open());
  EXPECT_TRUE(is_open(taken.get()));
}

TEST(UniqueFd, HoldsNoneUnlessGivenOne) {
  UniqueFd fd;
  EXPECT_FALSE(fd.is_open());
  fd.reset();
  EXPECT_EQ(fd.get(), -1);
}

}  // namespace
}  // namespace base
