#include "runtime/redis/old_keys.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "runtime/redis/client.hpp"
#include "runtime/redis/keys.hpp"

namespace troupe::redis {

namespace {

constexpr const char* keys_per_step = "1000";

/// What the keys of a context began with.
std::vector<std::string> old_prefixes(const std::vector<Token>& contexts) {
  std::vector<std::string> prefixes;
  for (const auto& context : contexts)
    for (const auto& prefix : {"troupe:{" + context.str() + "}:", "troupe:{" + context.str() + ".",
                               "troupe:snapshot:evt." + context.str() + "."})
      prefixes.push_back(prefix);
  return prefixes;
}

/// UNLINK takes at least one.
Result<void> unlink(Client& client, const std::vector<std::string_view>& keys) {
  if (keys.empty()) return {};
  Arguments command{"UNLINK"};
  command.insert(command.end(), keys.begin(), keys.end());
  return client.call(command).map([](const Reply&) {});
}

}  // namespace

Result<std::size_t> remove_old_keys(const RedisOptions& options,
                                    const std::vector<Token>& contexts) {
  Client client(options, 1);
  const auto prefixes = old_prefixes(contexts);
  std::vector<std::string> marks;
  for (const auto& context : contexts)
    marks.push_back(Keys::without_system().of(context, "log-mark"));
  std::size_t removed = 0;
  std::string cursor = "0";
  do {
    const auto reply = client.call({"SCAN", cursor, "MATCH", "troupe:*", "COUNT", keys_per_step});
    if (!reply) return tl::make_unexpected(reply.error());
    const auto step = reply->value().elements();
    if (step.size() != 2 || !step[0].text()) return permanent("Redis answered SCAN strangely");
    std::vector<std::string_view> old;
    for (const auto& element : step[1].elements()) {
      const auto key = element.text().value_or("");
      const bool is_old = std::ranges::any_of(
          prefixes, [&](const std::string& prefix) { return key.starts_with(prefix); });
      if (is_old && std::ranges::find(marks, key) == marks.end()) old.push_back(key);
    }
    if (auto done = unlink(client, old); !done) return tl::make_unexpected(done.error());
    removed += old.size();
    cursor = *step[0].text();
  } while (cursor != "0");
  if (auto done = unlink(client, {marks.begin(), marks.end()}); !done)
    return tl::make_unexpected(done.error());
  return removed;
}

}  // namespace troupe::redis
