// Puts and gets snapshots on a thread of their own.
#include "runtime/redis/redis_snapshots.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace troupe::redis {

RedisSnapshots::RedisSnapshots(RedisOptions options, Keys keys)
    : client_(std::move(options), 1), keys_(std::move(keys)), thread_([this] { run(); }) {}

RedisSnapshots::~RedisSnapshots() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void RedisSnapshots::put(const Subject& instance, std::uint64_t version, std::string bytes) {
  std::variant<Put, Get> what = Put{keys_.snapshot(instance), version, std::move(bytes)};
  enqueue(what);
}

void RedisSnapshots::get(const Subject& instance, Found done) {
  std::variant<Put, Get> what = Get{keys_.snapshot(instance), std::move(done)};
  if (!enqueue(what)) std::get<Get>(what).done(retryable("too many requests for snapshots"));
}

bool RedisSnapshots::enqueue(std::variant<Put, Get>& what) {
  {
    const std::lock_guard lock(mutex_);
    if (requests_.size() >= requests_max) return false;
    const auto deadline = std::chrono::steady_clock::now() + client_.options().timeout;
    requests_.push_back({deadline, std::move(what)});
  }
  wake_.notify_one();
  return true;
}

void RedisSnapshots::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
    if (requests_.empty()) return;
    auto request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    perform(request);
    lock.lock();
  }
}

void RedisSnapshots::perform(Request& request) {
  const bool late = std::chrono::steady_clock::now() >= request.deadline;
  if (auto* put = std::get_if<Put>(&request.what)) {
    if (!late) keep(*put, request.deadline);
    return;
  }
  auto& get = std::get<Get>(request.what);
  get.done(late ? retryable("Redis is too slow or away") : find(get.key, request.deadline));
}

void RedisSnapshots::keep(const Put& put, Deadline deadline) {
  const auto version = std::to_string(put.version);
  const auto kept = client_.run(put_, {put.key}, {version, put.bytes}, deadline);
  if (!kept) spdlog::debug("a snapshot was not kept: {}", kept.error().what);
}

Result<std::optional<std::string>> RedisSnapshots::find(const std::string& key, Deadline deadline) {
  const auto reply = client_.call({"HGET", key, "bytes"}, deadline);
  if (!reply) return tl::make_unexpected(reply.error());
  if (const auto bytes = reply->value().text()) return std::string(*bytes);
  return std::nullopt;
}

}  // namespace troupe::redis
