#include "probe/attempt.h"

#include <cstdlib>

namespace probe {

std::string_view label(Phase phase) {
  switch (phase) {
    case Phase::resolve:
      return "resolve";
    case Phase::connect:
      return "connect";
    case Phase::send:
      return "send";
    case Phase::wait:
      return "wait";
    case Phase::receive:
      return "receive";
  }
  std::abort();
}

}  // namespace probe
