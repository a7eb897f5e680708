// A value, or the reason (text for people) why there is none. The names are std::expected's, which
// g++ 12 has only for C++23 and clang 14 not at all, so that a later switch is one `using`.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace base {

struct Unexpected {
  std::string reason;
};

template <typename T>
class Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: as std::expected
  Result(Unexpected error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: as std::expected

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &value(); }
  const std::string& error() const { return std::get<1>(state_).reason; }

 private:
  std::variant<T, Unexpected> state_;
};

}  // namespace base
