#include "http/front.h"

#include <utility>

#include "http/loop.h"

namespace http {

Front::Front(FrontOptions options, std::vector<Route> routes)
    : loop_(std::make_unique<Loop>(std::move(options), std::move(routes))) {}
Front::~Front() = default;

void Front::run() {
  loop_->run();
}
void Front::stop() {
  loop_->stop();
}
void Front::replace(std::shared_ptr<const Access> access) {
  loop_->replace(std::move(access));
}
const std::vector<base::Address>& Front::bound() const {
  return loop_->bound();
}
std::int64_t Front::connections() const {
  return loop_->connections();
}
std::uint64_t Front::evicted() const {
  return loop_->evicted();
}
std::uint64_t Front::failed_handshakes() const {
  return loop_->failed_handshakes();
}
std::map<int, std::uint64_t> Front::requests_by_code() const {
  return loop_->requests_by_code();
}
base::TimePoint Front::last_turn() const {
  return loop_->last_turn();
}

}  // namespace http
