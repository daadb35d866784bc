// Rows and checkpoints of views in Redis.
#pragma once

#include "runtime/ports/view_store.hpp"
#include "runtime/redis/client.hpp"
#include "runtime/redis/keys.hpp"

namespace troupe::redis {

/// Rows are the hash troupe:<system>:{<context>.<view>}:rows, the checkpoint is the string
/// troupe:<system>:{<context>.<view>}:checkpoint.
class RedisViewStore final : public ViewStore {
public:
  RedisViewStore(RedisOptions options, Keys keys);

  /// Projectors and queries share these.
  static constexpr std::size_t connections_max = 4;
  /// Above this an apply fails for good: Redis takes about a million arguments in a command.
  static constexpr std::size_t rows_per_apply_max = 500'000;

  Result<std::uint64_t> checkpoint(const ViewName& view) override;
  Result<ViewContent> rows(const ViewName& view, const std::vector<std::string>& keys) override;
  Result<Applied> apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                        const Rows& rows) override;
  Result<ViewContent> all(const ViewName& view) override;
  Result<void> clear(const ViewName& view) override;

private:
  Client client_;
  const Keys keys_;
  const Script read_{"runtime/redis/read_view.lua"};
  const Script apply_{"runtime/redis/apply_view.lua"};
};

}  // namespace troupe::redis
