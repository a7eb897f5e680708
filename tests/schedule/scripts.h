// What a responder does with one request, for most tests of this floor.
#pragma once

#include "support/scripted_responder.h"

namespace schedule {

inline const support::Script kPong = {support::step::read_request(), support::step::answer_pong()};
inline const support::Script kSilence = {support::step::read_request(), support::step::silent()};
inline const support::Script kReset = {support::step::read_request(), support::step::reset()};
inline const support::Script kLate = {
    support::step::read_request(), support::step::wait_for_signal(), support::step::answer_pong()};

}  // namespace schedule
