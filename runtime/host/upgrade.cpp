#include "runtime/host/upgrade.hpp"

#include <string>

#include <spdlog/spdlog.h>

#include "runtime/ports/subject.hpp"
#include "runtime/redis/old_keys.hpp"
#include "runtime/redis/redis_high_water_marks.hpp"

namespace troupe::host {

namespace {

/// Whether old keys of the context are there and are this system's. Then its marks are carried
/// over.
Result<bool> take_over(const Token& context, HighWaterMarks& old, StreamInspector& inspector,
                       HighWaterMarks& marks) {
  const auto stream = stream_name(StreamKind::events, context);
  const auto mark = old.find(context, stream);
  if (!mark) return tl::make_unexpected(mark.error());
  if (!*mark) return false;
  const auto accepted = inspector.accepted(stream);
  if (!accepted) return tl::make_unexpected(accepted.error());
  if (!*accepted || (*accepted)->accepted_at != (*mark)->accepted_at) {
    spdlog::warn("Redis has keys of {} that an earlier version left, of another system: they stay.",
                 context.str());
    return false;
  }
  for (const auto& of : {stream, std::string(control_stream)}) {
    const auto known = old.find(context, of);
    if (!known) return tl::make_unexpected(known.error());
    if (!*known) continue;
    if (auto raised = marks.raise(context, of, **known); !raised)
      return tl::make_unexpected(raised.error());
  }
  return true;
}

Result<void> remove(const redis::RedisOptions& options, StreamInspector& inspector,
                    HighWaterMarks& marks, const std::vector<ContextModel>& contexts) {
  redis::RedisHighWaterMarks old(options, redis::Keys::without_system());
  std::vector<Token> ours;
  for (const auto& model : contexts) {
    const auto context = *Token::parse(model.name);
    const auto is_ours = take_over(context, old, inspector, marks);
    if (!is_ours) return tl::make_unexpected(is_ours.error());
    if (*is_ours) ours.push_back(context);
  }
  if (ours.empty()) return {};
  const auto removed = redis::remove_old_keys(options, ours);
  if (!removed) return tl::make_unexpected(removed.error());
  spdlog::info("{} keys of an earlier version are removed from Redis; views are built again.",
               *removed);
  return {};
}

}  // namespace

void remove_what_earlier_versions_left(const redis::RedisOptions& redis, StreamInspector& inspector,
                                       HighWaterMarks& marks,
                                       const std::vector<ContextModel>& contexts) {
  const auto done = remove(redis, inspector, marks, contexts);
  if (!done)
    spdlog::warn("Keys of an earlier version stay in Redis until the next start: {}.",
                 done.error().what);
}

}  // namespace troupe::host
