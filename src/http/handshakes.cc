#include "http/handshakes.h"

#include <algorithm>

namespace http {

Handshakes::Handshakes(std::size_t max_unfinished, std::shared_ptr<ReturnPath> path,
                       Deliver deliver)
    : max_unfinished_(std::max<std::size_t>(max_unfinished, 1)),
      path_(std::move(path)),
      deliver_(std::move(deliver)),
      pool_({.threads = 1, .queue = kInPool}) {}

std::optional<ConnectionId> Handshakes::begin(ConnectionId id, base::TimePoint now) {
  std::optional<ConnectionId> oldest;
  if (since_.size() >= max_unfinished_) oldest = first_to_go();
  since_.emplace(id, now);
  wait_for_client_.emplace(now, id);
  return oldest;
}

std::optional<ConnectionId> Handshakes::first_to_go() const {
  if (!wait_for_client_.empty()) return wait_for_client_.begin()->second;
  return waiting_.empty() ? since_.begin()->first : waiting_.front()->id;
}

void Handshakes::end(ConnectionId id) {
  const auto since = since_.find(id);
  if (since == since_.end()) return;
  wait_for_client_.erase({since->second, id});
  since_.erase(since);
  std::erase_if(waiting_, [id](const auto& job) { return job->id == id; });
  for (const auto& job : in_pool_) {
    if (job->id == id) job->is_wanted = false;
  }
}

void Handshakes::work_on(ConnectionId id, std::unique_ptr<TlsChannel> channel) {
  wait_for_client_.erase({since_.at(id), id});
  auto job = std::make_shared<Job>();
  job->id = id;
  job->channel = std::move(channel);
  waiting_.push_back(std::move(job));
  start_more();
}

void Handshakes::start_more() {
  while (in_pool_.size() < kInPool && !waiting_.empty()) {
    const std::shared_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    in_pool_.push_back(job);
    pool_.submit([this, job, path = path_] {
      const auto result =
          job->is_wanted ? job->channel->shake_hands() : TlsChannel::Handshake::failed;
      path->post([this, job, result] { finish(job, result); });
    });
  }
}

void Handshakes::finish(const std::shared_ptr<Job>& job, TlsChannel::Handshake result) {
  std::erase(in_pool_, job);
  start_more();
  if (!job->is_wanted) return;
  wait_for_client_.emplace(since_.at(job->id), job->id);
  deliver_(job->id, {.channel = std::move(job->channel), .result = result});
}

}  // namespace http
