// Folds of views in Redis hashes, moved on by one script.
#include "runtime/redis/redis_view_store.hpp"

#include <utility>

namespace troupe::redis {

namespace {

struct Places {
  std::string rows;
  std::string checkpoint;

  Places(const Keys& keys, const ViewName& view)
      : rows(keys.of(view, "rows")), checkpoint(keys.of(view, "checkpoint")) {}
};

/// The checkpoint that a reply of the script that reads begins with.
std::optional<std::uint64_t> checkpoint_in(const std::vector<Value>& values) {
  return values.empty() ? std::nullopt : values.front().number();
}

auto unexpected_reply(std::string_view key) {
  return permanent("Redis holds something else than a view at " + std::string(key)
                   + "; remove it and let the view be rebuilt");
}

}  // namespace

RedisViewStore::RedisViewStore(RedisOptions options, Keys keys)
    : client_(std::move(options), connections_max), keys_(std::move(keys)) {}

Result<std::uint64_t> RedisViewStore::checkpoint(const ViewName& view) {
  const Places places(keys_, view);
  const auto reply = client_.call({"GET", places.checkpoint});
  if (!reply) return tl::make_unexpected(reply.error());
  if (reply->value().is_nil()) return 0;
  const auto checkpoint = reply->value().number();
  if (!checkpoint) return unexpected_reply(places.checkpoint);
  return *checkpoint;
}

Result<ViewContent> RedisViewStore::rows(const ViewName& view,
                                         const std::vector<std::string>& keys) {
  if (keys.empty())
    return checkpoint(view).map([](std::uint64_t at) { return ViewContent{at, {}}; });
  const Places places(keys_, view);
  const auto reply =
      client_.run(read_, {places.rows, places.checkpoint}, {keys.begin(), keys.end()});
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  const auto checkpoint = checkpoint_in(values);
  if (checkpoint == 0U) return ViewContent{};
  if (!checkpoint || values.size() != 1 + keys.size()) return unexpected_reply(places.checkpoint);
  ViewContent found{.checkpoint = *checkpoint, .rows = {}};
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (const auto row = values[1 + i].text()) found.rows.emplace(keys[i], *row);
  return found;
}

Result<Applied> RedisViewStore::apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                                      const Rows& rows) {
  if (rows.size() > rows_per_apply_max)
    return permanent("a view cannot write " + std::to_string(rows.size()) + " rows in one step");
  const Places places(keys_, view);
  const auto from_text = std::to_string(from);
  const auto to_text = std::to_string(to);
  Arguments arguments{from_text, to_text};
  arguments.reserve(2 + 2 * rows.size());
  for (const auto& [key, row] : rows) {
    arguments.push_back(key);
    arguments.push_back(row);
  }
  const auto reply = client_.run(apply_, {places.rows, places.checkpoint}, arguments);
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  const auto written = values.size() == 2 ? values[0].number() : std::nullopt;
  const auto checkpoint = values.size() == 2 ? values[1].number() : std::nullopt;
  if (!written || !checkpoint) return unexpected_reply(places.checkpoint);
  return Applied{*written == 1, *checkpoint};
}

Result<ViewContent> RedisViewStore::all(const ViewName& view) {
  const Places places(keys_, view);
  const auto reply = client_.run(read_, {places.rows, places.checkpoint}, {});
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  const auto checkpoint = checkpoint_in(values);
  if (!checkpoint) return unexpected_reply(places.checkpoint);
  ViewContent found{.checkpoint = *checkpoint, .rows = {}};
  for (std::size_t i = 1; i + 1 < values.size(); i += 2)
    found.rows.emplace(values[i].text().value_or(""), values[i + 1].text().value_or(""));
  return found;
}

Result<void> RedisViewStore::clear(const ViewName& view) {
  const Places places(keys_, view);
  return client_.call({"UNLINK", places.rows, places.checkpoint}).map([](const Reply&) {});
}

}  // namespace troupe::redis
