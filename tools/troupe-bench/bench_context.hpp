// The context that is measured: as little domain as there can be, so that the runtime shows.
#pragma once

#include <string_view>
#include <vector>

#include <troupe/context.hpp>
#include "bench/v1/item.pb.h"

namespace bench {

struct Item {
  static constexpr std::string_view name = "item";
  using State = v1::ItemState;
  using Commands = troupe::MessageSet<v1::Record>;
  using Events = troupe::MessageSet<v1::Recorded>;
  using Decision = troupe::Decision<Events>;

  static Decision decide(const State&, const v1::Record& command) {
    return troupe::make<v1::Recorded>([&](auto& e) { e.set_payload(command.payload()); });
  }
  static void evolve(State& item, const v1::Recorded&) { item.set_recorded(item.recorded() + 1); }
};
static_assert(troupe::Aggregate<Item>);

struct Items : troupe::View {
  static constexpr std::string_view name = "items";
  using Row = v1::ItemRow;
  using Events = troupe::MessageSet<v1::Recorded>;

  static void project(Row& row, const troupe::Recorded<v1::Recorded>& event) {
    row.set_recorded(row.recorded() + 1);
    row.set_bytes(row.bytes() + event.data.payload().size());
  }
};
static_assert(troupe::IsView<Items>);

struct GetItem : troupe::Query {
  using Question = v1::GetItem;
  using Reply = v1::ItemRow;

  static troupe::Answer<Reply> answer(const Question& question, const troupe::Views& views) {
    if (const auto row = views.get<Items>(question.id())) return *row;
    return troupe::Miss{"item.unknown"};
  }
};
static_assert(troupe::IsQuery<GetItem>);

struct Bench {
  static constexpr std::string_view name = "bench";
  using Parts = troupe::Parts<Item>;
  using Public = troupe::Public<v1::Record>;
};

/// The same with a view, for measuring how fast one is folded.
struct BenchWithView {
  static constexpr std::string_view name = "bench";
  using Parts = troupe::Parts<Item, Items, GetItem>;
  using Public = troupe::Public<v1::Record>;
};

}  // namespace bench
