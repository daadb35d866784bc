// Puts and gets snapshots on a thread of their own.
#include "runtime/redis/redis_snapshots.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe::redis {

namespace {

constexpr std::string_view part_prefix = "part:";

}  // namespace

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

void RedisSnapshots::put(const Subject& instance, Snapshot snapshot) {
  std::variant<Put, Get> what = Put{keys_.snapshot(instance), std::move(snapshot)};
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

/// Most parts are there from the snapshot before: only what Redis then asks for is sent.
void RedisSnapshots::keep(const Put& put, Deadline deadline) {
  auto missing = keep(put, {}, deadline);
  if (missing && !missing->empty()) missing = keep(put, *missing, deadline);
  if (!missing) spdlog::debug("a snapshot was not kept: {}", missing.error().what);
}

/// The names of parts that are missing; then it is not kept.
Result<std::vector<std::string>> RedisSnapshots::keep(const Put& put,
                                                      const std::vector<std::string>& send,
                                                      Deadline deadline) {
  const auto& snapshot = put.snapshot;
  const auto version = std::to_string(snapshot.version);
  const auto count = std::to_string(snapshot.parts.size());
  Arguments arguments{version, snapshot.bytes, count};
  for (const auto& part : snapshot.parts) arguments.emplace_back(part.name);
  for (const auto& part : snapshot.parts)
    if (std::ranges::find(send, part.name) != send.end()) {
      arguments.emplace_back(part.name);
      arguments.emplace_back(*part.bytes);
    }
  const auto reply = client_.run(put_, {put.key}, arguments, deadline);
  if (!reply) return tl::make_unexpected(reply.error());
  std::vector<std::string> missing;
  for (const auto& name : reply->value().elements()) missing.emplace_back(name.text().value_or(""));
  return missing;
}

Result<std::optional<Snapshot>> RedisSnapshots::find(const std::string& key, Deadline deadline) {
  const auto reply = client_.call({"HGETALL", key}, deadline);
  if (!reply) return tl::make_unexpected(reply.error());
  const auto fields = reply->value().elements();
  std::optional<Snapshot> found;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields[i].text().value_or("");
    const auto value = fields[i + 1].text().value_or("");
    if (!found) found.emplace();
    if (name == "version") found->version = fields[i + 1].number().value_or(0);
    if (name == "bytes") found->bytes = value;
    if (name.starts_with(part_prefix))
      found->parts.push_back({std::string(name.substr(part_prefix.size())),
                              std::make_shared<const std::string>(value)});
  }
  return found;
}

}  // namespace troupe::redis
