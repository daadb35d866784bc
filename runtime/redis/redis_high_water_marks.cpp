// Reads marks, and raises them by a script.
#include "runtime/redis/redis_high_water_marks.hpp"

#include <string>

#include <spdlog/fmt/fmt.h>

namespace troupe::redis {

Result<std::optional<HighWaterMark>> RedisHighWaterMarks::find(const Token& context,
                                                               const std::string& stream) {
  const auto key = keys_.of(context, "log-mark");
  const auto reply =
      client_.call({"HMGET", key, stream + ":accepted", stream + ":sequence", stream + ":hash"});
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  if (values.size() != 3) return permanent("Redis holds something else than marks at " + key);
  const auto accepted = values[0].number();
  const auto sequence = values[1].number();
  const auto hash = values[2].text();
  if (!accepted || !sequence || !hash) return std::nullopt;
  return HighWaterMark{Instant(std::chrono::nanoseconds(*accepted)), *sequence, std::string(*hash)};
}

Result<void> RedisHighWaterMarks::raise(const Token& context, const std::string& stream,
                                        const HighWaterMark& mark) {
  const auto accepted = fmt::format("{:020}", mark.accepted_at.time_since_epoch().count());
  return client_
      .run(raise_, {keys_.of(context, "log-mark")},
           {stream, accepted, std::to_string(mark.sequence), mark.hash})
      .map([](const Reply&) {});
}

}  // namespace troupe::redis
