// Speaks to Redis through one synchronous hiredis context.
#include "runtime/redis/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "runtime/redis/errors.hpp"

namespace troupe::redis {

namespace {

using namespace std::chrono_literals;

/// What is left until the deadline; hiredis takes zero for "wait for ever".
timeval left_until(Deadline deadline) {
  const auto left = std::max(
      std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now()),
      std::chrono::microseconds(1'000));
  timeval value{};
  value.tv_sec = static_cast<time_t>(left / 1s);
  value.tv_usec = static_cast<suseconds_t>((left % 1s).count());
  return value;
}

/// hiredis writes with write(2): a peer that is gone would end the process.
void ignore_broken_pipes() {
  static const auto once = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(once);
}

}  // namespace

Connection::Connection(RedisOptions options) : options_(std::move(options)) {
  ignore_broken_pipes();
}

Result<Reply> Connection::call(const Arguments& arguments, Deadline deadline) {
  if (auto connected = connect(deadline); !connected)
    return tl::make_unexpected(std::move(connected.error()));
  return exchange(arguments, deadline);
}

Result<void> Connection::connect(Deadline deadline) {
  if (context_ != nullptr) return {};
  context_.reset(
      redisConnectWithTimeout(options_.host.c_str(), options_.port, left_until(deadline)));
  if (context_ == nullptr || context_->err != 0) return broken();
  if (auto done = log_in(deadline); !done) return done;
  return select(deadline);
}

Result<void> Connection::log_in(Deadline deadline) {
  const auto password = password_of(options_);
  if (!password) {
    context_.reset();
    return tl::make_unexpected(password.error());
  }
  if (password->empty()) return {};
  const auto& user = options_.login.user;
  if (user.empty()) return accepted({"AUTH", *password}, deadline, "refuses the password");
  return accepted({"AUTH", user, *password}, deadline, "refuses the user '" + user + "'");
}

Result<void> Connection::select(Deadline deadline) {
  if (options_.database == 0) return {};
  const auto database = std::to_string(options_.database);
  return accepted({"SELECT", database}, deadline,
                  "has no database " + database + "; choose another one in redis.url");
}

Result<void> Connection::accepted(const Arguments& arguments, Deadline deadline,
                                  std::string_view refused) {
  const auto answer = exchange(arguments, deadline);
  if (!answer) return tl::make_unexpected(answer.error());
  if (!answer->value().is_error()) return {};
  const std::string error(answer->value().text().value_or(""));
  context_.reset();
  return tl::make_unexpected(
      Failure{"Redis at " + address_of(options_) + " " + std::string(refused) + ": " + error,
              passes(error)});
}

Result<Reply> Connection::exchange(const Arguments& arguments, Deadline deadline) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(arguments.size());
  sizes.reserve(arguments.size());
  for (const auto& argument : arguments) {
    texts.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  if (redisSetTimeout(context_.get(), left_until(deadline)) != REDIS_OK) return broken();
  void* const reply =
      redisCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (reply == nullptr) return broken();
  return Reply(ReplyHandle(static_cast<redisReply*>(reply)));
}

tl::unexpected<Failure> Connection::broken() {
  std::string why = "out of memory";
  if (context_ != nullptr) {
    const bool timed_out =
        context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
    why = timed_out ? "no answer in time" : context_->errstr;
  }
  context_.reset();
  return retryable("Redis at " + address_of(options_) + " cannot be used now: " + why);
}

}  // namespace troupe::redis
