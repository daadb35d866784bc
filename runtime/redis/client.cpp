// Borrows a connection for each call and sorts Redis's errors.
#include "runtime/redis/client.hpp"

#include <string>
#include <utility>

#include "runtime/redis/errors.hpp"

namespace troupe::redis {

namespace {

bool says_unknown_script(const Result<Reply>& reply) {
  return reply && reply->value().is_error()
         && reply->value().text().value_or("").starts_with("NOSCRIPT");
}

/// Redis has no room for this connection, and closes it behind its answer.
bool hangs_up(const Reply& reply) {
  return reply.value().is_error() && is_full(reply.value().text().value_or(""));
}

}  // namespace

Client::Client(RedisOptions options, std::size_t connections_max)
    : options_(std::move(options)), connections_max_(connections_max) {}

Result<Reply> Client::call(const Arguments& arguments, Deadline deadline) {
  return checked(exchange(arguments, deadline));
}

Result<Reply> Client::run(const Script& script, const Arguments& keys, const Arguments& arguments,
                          Deadline deadline) {
  const auto key_count = std::to_string(keys.size());
  Arguments command{"EVALSHA", script.sha1, key_count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto reply = exchange(command, deadline);
  if (says_unknown_script(reply)) {
    command[0] = "EVAL";
    command[1] = script.text;
    reply = exchange(command, deadline);
  }
  return checked(std::move(reply));
}

Result<Reply> Client::exchange(const Arguments& arguments, Deadline deadline) {
  auto connection = borrow(deadline);
  if (connection == nullptr)
    return retryable("all " + std::to_string(connections_max_) + " connections to Redis at "
                     + address_of(options_) + " are busy");
  auto reply = connection->call(arguments, deadline);
  give_back(std::move(connection), reply.has_value() && !hangs_up(*reply));
  return reply;
}

Result<Reply> Client::checked(Result<Reply> reply) const {
  if (!reply || !reply->value().is_error()) return reply;
  const std::string error(reply->value().text().value_or(""));
  return tl::make_unexpected(
      Failure{"Redis at " + address_of(options_) + " answered: " + error, passes(error)});
}

std::unique_ptr<Connection> Client::borrow(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto free = [this] { return borrowed_ < connections_max_; };
  if (!returned_.wait_until(lock, deadline, free)) return nullptr;
  ++borrowed_;
  if (idle_.empty()) return std::make_unique<Connection>(options_);
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void Client::give_back(std::unique_ptr<Connection> connection, bool works) {
  {
    const std::lock_guard lock(mutex_);
    --borrowed_;
    // What broke one connection has most likely broken the others: a server that was restarted.
    if (!works)
      idle_.clear();
    else
      idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace troupe::redis
