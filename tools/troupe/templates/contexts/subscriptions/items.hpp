// Read side: one row per item, and the query that shows it.
#pragma once

#include <troupe/query.hpp>
#include <troupe/timestamp.hpp>
#include "contexts/subscriptions/item.hpp"
#include "subscriptions/v1/rows.pb.h"

namespace subscriptions {

struct Items : troupe::View {
  static constexpr std::string_view name = "items";
  using Row = v1::ItemRow;
  using Events = Item::Events;

  static void project(Row& row, const troupe::Recorded<v1::ItemOpened>& opened) {
    row.set_owner(opened.data.owner());
    row.set_status(v1::ITEM_STATUS_OPENED);
    *row.mutable_opened_at() = troupe::to_timestamp(opened.time);
  }
  static void project(Row& row, const troupe::Recorded<v1::ItemReserved>&) {
    row.set_status(v1::ITEM_STATUS_RESERVED);
  }
  static void project(Row& row, const troupe::Recorded<v1::ItemActivated>&) {
    row.set_status(v1::ITEM_STATUS_ACTIVE);
  }
  static void project(Row& row, const troupe::Recorded<v1::ItemEnded>& ended) {
    row.set_status(v1::ITEM_STATUS_ENDED);
    row.set_reason(ended.data.reason());
  }
};
static_assert(troupe::IsView<Items>);

struct GetItem : troupe::Query {
  using Question = v1::GetItem;
  using Reply = v1::ItemRow;

  static troupe::Answer<Reply> answer(const Question& question, const troupe::Views& views) {
    if (const auto row = views.get<Items>(question.item())) return *row;
    return troupe::Miss{"item.unknown"};
  }
};
static_assert(troupe::IsQuery<GetItem>);

}  // namespace subscriptions
