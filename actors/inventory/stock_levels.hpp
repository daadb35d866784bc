// Read side: one row per article, and the query that serves it.
#pragma once

#include <string>

#include <troupe/query.hpp>
#include "actors/inventory/stock.hpp"
#include "inventory/v1/events.pb.h"
#include "inventory/v1/rows.pb.h"

namespace inventory {

struct StockLevels : troupe::View {
  static constexpr std::string_view name = "stock";
  using Row = v1::StockRow;
  using Events = troupe::MessageSet<v1::StockReceived, v1::StockReserved, v1::StockReleased,
                                    v1::StockShipped, v1::StockRestocked>;

  static void project(Row& row, const troupe::Recorded<v1::StockReceived>& received) {
    row.set_article_id(std::string(received.id));
    row.set_received(row.received() + received.data.quantity());
    row.set_on_hand(row.on_hand() + received.data.quantity());
  }
  static void project(Row& row, const troupe::Recorded<v1::StockReserved>& reserved) {
    row.set_on_hand(row.on_hand() - reserved.data.quantity());
    row.set_reserved(row.reserved() + reserved.data.quantity());
  }
  static void project(Row& row, const troupe::Recorded<v1::StockReleased>& released) {
    row.set_reserved(row.reserved() - released.data.quantity());
    row.set_on_hand(row.on_hand() + released.data.quantity());
  }
  static void project(Row& row, const troupe::Recorded<v1::StockShipped>& shipped) {
    row.set_reserved(row.reserved() - shipped.data.quantity());
    row.set_shipped(row.shipped() + shipped.data.quantity());
  }
  static void project(Row& row, const troupe::Recorded<v1::StockRestocked>& restocked) {
    row.set_shipped(row.shipped() - restocked.data.quantity());
    row.set_on_hand(row.on_hand() + restocked.data.quantity());
  }
};
static_assert(troupe::IsView<StockLevels>);

struct GetStock : troupe::Query {
  using Question = v1::GetStock;
  using Reply = v1::StockRow;

  static troupe::Answer<Reply> answer(const Question& question, const troupe::Views& views) {
    if (const auto row = views.get<StockLevels>(question.article_id())) return *row;
    return troupe::Miss{"stock.unknown"};
  }
};
static_assert(troupe::IsQuery<GetStock>);

}  // namespace inventory
