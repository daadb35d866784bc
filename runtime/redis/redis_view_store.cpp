// Folds of views in Redis hashes, moved on by one script.
#include "runtime/redis/redis_view_store.hpp"

#include <utility>

namespace troupe::redis {

namespace {

struct Keys {
  std::string rows;
  std::string checkpoint;

  explicit Keys(const ViewName& view) {
    const auto unit = "troupe:{" + view.context.str() + "." + view.view.str() + "}:";
    rows = unit + "rows";
    checkpoint = unit + "checkpoint";
  }
};

auto unexpected_reply(std::string_view key) {
  return permanent("Redis holds something else than a view at " + std::string(key)
                   + "; remove it and let the view be rebuilt");
}

}  // namespace

RedisViewStore::RedisViewStore(RedisOptions options)
    : client_(std::move(options), connections_max) {}

Result<std::uint64_t> RedisViewStore::checkpoint(const ViewName& view) {
  const Keys keys(view);
  const auto reply = client_.call({"GET", keys.checkpoint});
  if (!reply) return tl::make_unexpected(reply.error());
  if (reply->value().is_nil()) return 0;
  const auto checkpoint = reply->value().number();
  if (!checkpoint) return unexpected_reply(keys.checkpoint);
  return *checkpoint;
}

Result<Rows> RedisViewStore::rows(const ViewName& view, const std::vector<std::string>& keys) {
  if (keys.empty()) return Rows{};
  const Keys names(view);
  Arguments command{"HMGET", names.rows};
  command.insert(command.end(), keys.begin(), keys.end());
  const auto reply = client_.call(command);
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  if (values.size() != keys.size()) return unexpected_reply(names.rows);
  Rows rows;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (const auto row = values[i].text()) rows.emplace(keys[i], *row);
  return rows;
}

Result<Applied> RedisViewStore::apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                                      const Rows& rows) {
  if (rows.size() > rows_per_apply_max)
    return permanent("a view cannot write " + std::to_string(rows.size()) + " rows in one step");
  const Keys keys(view);
  const auto from_text = std::to_string(from);
  const auto to_text = std::to_string(to);
  Arguments arguments{from_text, to_text};
  arguments.reserve(2 + 2 * rows.size());
  for (const auto& [key, row] : rows) {
    arguments.push_back(key);
    arguments.push_back(row);
  }
  const auto reply = client_.run(apply_, {keys.rows, keys.checkpoint}, arguments);
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  const auto written = values.size() == 2 ? values[0].number() : std::nullopt;
  const auto checkpoint = values.size() == 2 ? values[1].number() : std::nullopt;
  if (!written || !checkpoint) return unexpected_reply(keys.checkpoint);
  return Applied{*written == 1, *checkpoint};
}

Result<Rows> RedisViewStore::all(const ViewName& view) {
  const Keys keys(view);
  const auto reply = client_.call({"HGETALL", keys.rows});
  if (!reply) return tl::make_unexpected(reply.error());
  const auto values = reply->value().elements();
  Rows rows;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2)
    rows.emplace(values[i].text().value_or(""), values[i + 1].text().value_or(""));
  return rows;
}

Result<void> RedisViewStore::clear(const ViewName& view) {
  const Keys keys(view);
  return client_.call({"UNLINK", keys.rows, keys.checkpoint}).map([](const Reply&) {});
}

}  // namespace troupe::redis
