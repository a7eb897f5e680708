#include "http/places.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using State = Connection::State;
using std::chrono::seconds;

base::TimePoint at(int second) {
  return base::TimePoint(seconds(second));
}

Connection& add(Places& places, ConnectionId id, int second) {
  return places.add(std::make_unique<Connection>(id, base::UniqueFd(), "peer"), at(second));
}

ConnectionId next(const Places& places, const Connection* spared = nullptr) {
  const Connection* connection = places.next_to_evict(at(100), spared);
  return connection ? connection->id() : 0;
}

TEST(Places, GivesTheReserveLast) {
  Places places({.max = 3, .reserved = 1});
  EXPECT_FALSE(add(places, 1, 1).in_reserve);
  Connection& second = add(places, 2, 2);
  EXPECT_FALSE(second.in_reserve);
  EXPECT_TRUE(places.ordinary_are_taken());
  EXPECT_FALSE(places.is_full());
  Connection& third = add(places, 3, 3);
  EXPECT_TRUE(third.in_reserve);
  EXPECT_TRUE(places.is_full());
  places.remove(second);
  EXPECT_FALSE(places.ordinary_are_taken());
  places.leave_reserve(third);
  EXPECT_TRUE(places.ordinary_are_taken());
  EXPECT_FALSE(places.is_full());
}

TEST(Places, KeepsAPlaceForEverybodyHoweverSmallTheLimit) {
  Places places({.max = 1, .reserved = 64});
  EXPECT_FALSE(places.ordinary_are_taken());
  EXPECT_FALSE(add(places, 1, 1).in_reserve);
  EXPECT_TRUE(places.is_full());
}

TEST(Places, EvictsTheLongestIncompleteFirst) {
  Places places({.max = 10, .reserved = 0});
  Connection& first = add(places, 1, 1);
  add(places, 2, 2);
  add(places, 3, 3);
  EXPECT_EQ(next(places), 1U);
  EXPECT_EQ(next(places, &first), 2U);
  places.enter(first, State::answer, at(4));
  EXPECT_EQ(next(places), 2U);
  places.enter(first, State::request, at(5));  // it had an answer, so it is the youngest now
  EXPECT_EQ(next(places), 2U);
  places.remove(*places.find(2));
  places.remove(*places.find(3));
  EXPECT_EQ(next(places), 1U);
}

TEST(Places, EvictsThoseThatOnlyHaveToCloseBeforeAll) {
  Places places({.max = 10, .reserved = 0});
  add(places, 1, 1);
  places.enter(add(places, 2, 2), State::end_of_file, at(50));
  EXPECT_EQ(next(places), 2U);
}

TEST(Places, WhoHasToShakeHandsFirstHasNotBegunToWaitAnew) {
  Places places({.max = 10, .reserved = 0});
  Connection& first = add(places, 1, 1);
  add(places, 2, 2);
  places.enter(first, State::handshake, at(3));
  EXPECT_EQ(next(places), 1U);
  places.enter(first, State::request, at(4));
  EXPECT_EQ(next(places), 2U);
}

TEST(Places, ThenEvictsTheSlowestReader) {
  Places places({.max = 10, .reserved = 0});
  for (const ConnectionId id : {1U, 2U, 3U}) {
    Connection& reader = add(places, id, 1);
    places.enter(reader, State::room, at(10));
    reader.sent_bytes = id == 2 ? 1000 : 1'000'000;
  }
  EXPECT_EQ(next(places), 2U);
  // Less in all, but in a much shorter time.
  Connection& late = add(places, 4, 98);
  places.enter(late, State::room, at(99));
  late.sent_bytes = 900;
  EXPECT_EQ(next(places), 2U);
}

TEST(Places, NeverEvictsWhoseAnswerIsBeingMade) {
  Places places({.max = 10, .reserved = 0});
  places.enter(add(places, 1, 1), State::answer, at(2));
  EXPECT_EQ(next(places), 0U);
}

TEST(Places, FindsNobodyUnderAnOldId) {
  Places places({.max = 10, .reserved = 0});
  places.remove(add(places, 1, 1));
  EXPECT_EQ(places.find(1), nullptr);
  EXPECT_EQ(places.size(), 0U);
  EXPECT_EQ(next(places), 0U);
}

}  // namespace
}  // namespace http
