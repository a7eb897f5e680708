#include "base/timers.h"

#include <utility>

namespace base {

void Timers::set(Key key, TimePoint due) {
  const auto found = places_.find(key);
  if (found != places_.end()) return settle(found->second, {due, &*found});
  Places::iterator entry;
  if (spare_.empty()) {
    entry = places_.emplace(key, 0).first;
  } else {
    spare_.key() = key;
    entry = places_.insert(std::move(spare_)).position;
  }
  heap_.emplace_back();
  rise(heap_.size() - 1, {due, &*entry});
}

void Timers::cancel(Key key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  const std::size_t place = found->second;
  places_.erase(found);
  take_out(place);
}

std::optional<TimePoint> Timers::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

std::optional<Timers::Key> Timers::pop_due(TimePoint now) {
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  const Key key = heap_.front().entry->first;
  spare_ = places_.extract(key);
  take_out(0);
  return key;
}

void Timers::put(std::size_t place, Timer timer) {
  heap_[place] = timer;
  timer.entry->second = place;
}

void Timers::rise(std::size_t place, Timer timer) {
  while (place > 0) {
    const std::size_t above = (place - 1) / 2;
    if (heap_[above].due <= timer.due) break;
    put(place, heap_[above]);
    place = above;
  }
  put(place, timer);
}

void Timers::sink(std::size_t place, Timer timer) {
  while (true) {
    std::size_t below = 2 * place + 1;
    if (below >= heap_.size()) break;
    if (below + 1 < heap_.size() && heap_[below + 1].due < heap_[below].due) ++below;
    if (timer.due <= heap_[below].due) break;
    put(place, heap_[below]);
    place = below;
  }
  put(place, timer);
}

void Timers::settle(std::size_t place, Timer timer) {
  const bool may_rise = place > 0 && timer.due < heap_[(place - 1) / 2].due;
  may_rise ? rise(place, timer) : sink(place, timer);
}

// The last one takes the place of the one that goes, whose entry is gone already.
void Timers::take_out(std::size_t place) {
  const Timer last = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) settle(place, last);
}

}  // namespace base
