// Stock: every movement of every article, added up after each event.
#include <string>
#include <unordered_set>

#include "inventory/v1/events.pb.h"
#include "tools/shop/books/order_books.hpp"

namespace troupe::tool {

namespace {

namespace inventory = ::inventory::v1;

/// Follows the events of one article.
class Follower {
public:
  Follower(OrderBooks& books, const check::EventAt& event, check::Report& report)
      : books_(books), stock_(books.stock[event.id()]), event_(event), report_(report) {}

  void read() {
    if (const auto* received = event_.as<inventory::StockReceived>()) read(*received);
    if (const auto* reserved = event_.as<inventory::StockReserved>()) read(*reserved);
    if (const auto* refused = event_.as<inventory::StockRefused>()) read(*refused);
    if (const auto* released = event_.as<inventory::StockReleased>()) read(*released);
    if (const auto* shipped = event_.as<inventory::StockShipped>()) read(*shipped);
    if (const auto* restocked = event_.as<inventory::StockRestocked>()) read(*restocked);
    require(stock_.on_hand >= 0 && stock_.reserved >= 0 && stock_.shipped >= 0,
            "the article's stock is negative");
    require(stock_.received == stock_.on_hand + stock_.reserved + stock_.shipped,
            "received is not on hand + reserved + shipped");
  }

private:
  void require(bool right, std::string_view what) const {
    if (!right)
      report_.violated("I11",
                       event_.data().GetDescriptor()->name() + ": " + std::string(what)
                           + " (on hand " + std::to_string(stock_.on_hand) + ", reserved "
                           + std::to_string(stock_.reserved) + ", shipped "
                           + std::to_string(stock_.shipped) + ", received "
                           + std::to_string(stock_.received) + ")",
                       event_.name());
  }
  BookedReference& reference(const std::string& name) {
    auto& booked = books_.references[event_.id() + ' ' + name];
    booked.article = event_.id();
    booked.last = event_.name();
    return booked;
  }

  void read(const inventory::StockReceived& received) {
    require(received.quantity() > 0, "the quantity is not positive");
    stock_.received += received.quantity();
    stock_.on_hand += received.quantity();
  }
  void read(const inventory::StockReserved& reserved) {
    auto& booked = reference(reserved.reference());
    require(reserved.quantity() > 0, "the quantity is not positive");
    require(booked.held == 0, "the reference is reserved already");
    booked.held += reserved.quantity();
    stock_.on_hand -= reserved.quantity();
    stock_.reserved += reserved.quantity();
  }
  void read(const inventory::StockRefused& refused) const {
    require(refused.on_hand() == stock_.on_hand, "on_hand is not what is on hand");
    require(refused.quantity() > stock_.on_hand, "there was enough");
  }
  void read(const inventory::StockReleased& released) {
    auto& booked = reference(released.reference());
    require(booked.held == released.quantity(), "the reference does not hold that quantity");
    booked.held -= released.quantity();
    stock_.reserved -= released.quantity();
    stock_.on_hand += released.quantity();
  }
  void read(const inventory::StockShipped& shipped) {
    auto& booked = reference(shipped.reference());
    require(booked.held == shipped.quantity(), "the reference does not hold that quantity");
    booked.held -= shipped.quantity();
    booked.shipped += shipped.quantity();
    ++booked.shipments;
    stock_.reserved -= shipped.quantity();
    stock_.shipped += shipped.quantity();
    report_.count("shipments");
  }
  void read(const inventory::StockRestocked& restocked) {
    reference(restocked.reference()).restocked += restocked.quantity();
    require(restocked.quantity() > 0, "the quantity is not positive");
    stock_.shipped -= restocked.quantity();
    stock_.on_hand += restocked.quantity();
    report_.count("restocks");
  }

  OrderBooks& books_;
  BookedStock& stock_;
  const check::EventAt& event_;
  check::Report& report_;
};

}  // namespace

void read_stock(const check::DecodedContext& inventory, OrderBooks& books, check::Report& report) {
  inventory.for_each_event(
      "stock", [&](const check::EventAt& event) { Follower(books, event, report).read(); });
  report.count("articles", books.stock.size());
}

}  // namespace troupe::tool
