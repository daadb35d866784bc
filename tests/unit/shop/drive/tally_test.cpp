// The tally: what became of commands that were tried several times.
#include "tools/shop/drive/tally.hpp"

#include <numeric>

#include <catch2/catch_all.hpp>

namespace {

using troupe::Accepted;
using troupe::Rejected;
using troupe::Unknown;
using troupe::tool::Tally;

TEST_CASE("a command counts once, by the best answer to any of its tries", "[drive]") {
  Tally tally;
  tally.count("settled", Unknown{"nobody answered"});
  tally.count("settled", Accepted{.first_version = 1, .last_version = 1, .stream = {}});
  tally.count("settled", Accepted{.first_version = 1, .last_version = 1, .stream = {}});
  tally.count("refused", Rejected{troupe::RejectionCode::refused, "refused", "stock.bad_quantity"});
  tally.count("turned away, then accepted",
              Rejected{troupe::RejectionCode::unavailable, "not available"});
  tally.count("turned away, then accepted", Accepted{.stream = {}});
  tally.count("lost", Unknown{"nobody answered"});
  tally.count("lost", Unknown{"nobody answered"});
  const auto counts = tally.counts();
  CHECK(counts.ok == 2);
  CHECK(counts.rejected == 1);
  CHECK(counts.unknown == 2);
  CHECK(counts.unsettled == 1);
}

TEST_CASE("only the first acceptance of a command is progress", "[drive]") {
  Tally tally;
  for (const auto* id : {"a", "b", "a", "a"}) tally.count(id, Accepted{.stream = {}});
  const auto per_second = tally.accepted_per_second();
  CHECK(std::accumulate(per_second.begin(), per_second.end(), std::uint64_t{0}) == 2);
}

}  // namespace
