#include "app/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace app {
namespace {

TEST(Signals, WhatEndsTheProgramIsHeardBeforeAReload) {
  Signals signals;
  EXPECT_EQ(signals.next(), 0);
  ASSERT_EQ(std::raise(SIGHUP), 0);
  EXPECT_EQ(signals.next(), SIGHUP);
  for (const int ending : {SIGTERM, SIGINT}) {
    ASSERT_EQ(std::raise(SIGHUP), 0);
    ASSERT_EQ(std::raise(ending), 0);
    EXPECT_EQ(signals.next(), ending);
    EXPECT_EQ(signals.next(), 0);
  }
}

}  // namespace
}  // namespace app
