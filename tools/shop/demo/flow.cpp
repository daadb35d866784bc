#include "tools/shop/demo/flow.hpp"

#include <string_view>
#include <utility>

#include "inventory/v1/events.pb.h"
#include "ordering/v1/events.pb.h"

namespace troupe::tool {

/// One event of a commit, by its short name.
struct Flow::Event {
  const std::string& id;  ///< of the instance
  std::string_view type;
  const google::protobuf::Any& body;

  template <class T>
  T as() const {
    T message;
    body.UnpackTo(&message);
    return message;
  }
};

namespace {

std::string_view short_name(const google::protobuf::Any& body) {
  const std::string_view url = body.type_url();
  return url.substr(url.find_last_of("./") + 1);
}

void mention(std::string& sentence, std::int64_t count, const char* what) {
  if (count == 0) return;
  if (!sentence.empty()) sentence += ", ";
  sentence += std::to_string(count) + ' ' + what;
}

}  // namespace

bool Flow::Parts::payment_settled() const {
  if (!placed) return true;
  return fate == OrderFate::confirmed   ? payment == Payment::captured
         : fate == OrderFate::cancelled ? payment == Payment::nothing_kept
                                        : false;
}

bool Flow::Parts::goods_settled() const {
  if (!placed) return true;
  return fate == OrderFate::confirmed   ? goods == Goods::shipped
         : fate == OrderFate::cancelled ? goods == Goods::given_back
                                        : false;
}

std::vector<Flow::Change> Flow::apply(const v1::Commit& commit) {
  ++counts_.commits;
  std::vector<Change> changes;
  for (const auto& body : commit.events()) {
    ++counts_.events;
    const Event event{.id = commit.id(), .type = short_name(body), .body = body};
    if (commit.aggregate() == "order") apply_order(event, changes);
    if (commit.aggregate() == "payment") apply_payment(event);
    if (commit.aggregate() == "reservation") apply_reservation(event);
    if (commit.aggregate() == "stock") apply_stock(event);
    if (commit.aggregate() == "notification") apply_notification(event);
  }
  return changes;
}

void Flow::apply_order(const Event& event, std::vector<Change>& changes) {
  if (is_own_ && !is_own_(event.id)) {
    if (event.type == "OrderConfirmed" || event.type == "OrderCancelled") ++mails_due_;
    return;
  }
  auto& order = orders_[event.id];
  if (event.type == "OrderPlaced") {
    ++counts_.placed;
    order.placed = true;
  } else if (event.type == "OrderConfirmed") {
    ++counts_.standing;
    ++mails_due_;
    order.fate = OrderFate::confirmed;
    changes.push_back({event.id, order.fate});
  } else if (event.type == "OrderCancelled") {
    const auto cancelled = event.as<ordering::v1::OrderCancelled>();
    if (order.fate == OrderFate::confirmed) --counts_.standing;
    ++counts_.cancelled;
    ++counts_.reasons[cancelled.reason()];
    ++mails_due_;
    order.fate = OrderFate::cancelled;
    changes.push_back({event.id, order.fate});
  }
}

void Flow::apply_payment(const Event& event) {
  auto& payment = orders_[event.id].payment;
  if (event.type == "PaymentCaptured") {
    payment = Parts::Payment::captured;
  } else if (event.type == "PaymentRefunded") {
    ++counts_.refunds;
    ++mails_due_;
    payment = Parts::Payment::nothing_kept;
  } else if (event.type == "PaymentDeclined" || event.type == "PaymentClosed"
             || event.type == "PaymentVoided" || event.type == "VoidRefused"
             || event.type == "RefundRefused") {
    payment = Parts::Payment::nothing_kept;
  }
}

void Flow::apply_reservation(const Event& event) {
  auto& goods = orders_[event.id].goods;
  if (event.type == "ReservationRequested") {
    stock_answers_due_ += event.as<inventory::v1::ReservationRequested>().lines_size();
  } else if (event.type == "ReservationShipped") {
    goods = Parts::Goods::shipped;
  } else if (event.type == "ReservationFailed") {
    goods = Parts::Goods::given_back;
  } else if (event.type == "ReservationReleased") {
    restocks_due_ += event.as<inventory::v1::ReservationReleased>().lines_to_restock_size();
    goods = Parts::Goods::given_back;
  }
}

void Flow::apply_stock(const Event& event) {
  if (event.type == "StockReserved") {
    --stock_answers_due_;
    ++reserved_lines_;
  } else if (event.type == "StockRefused") {
    --stock_answers_due_;
  } else if (event.type == "StockShipped" || event.type == "StockReleased") {
    --reserved_lines_;
  } else if (event.type == "StockRestocked") {
    --restocks_due_;
    ++counts_.restocks;
  }
}

void Flow::apply_notification(const Event& event) {
  if (event.type == "NotificationSent" || event.type == "NotificationGivenUp") --mails_due_;
}

std::string Flow::unsettled() const {
  std::int64_t open = 0;
  std::int64_t payments = 0;
  std::int64_t goods = 0;
  for (const auto& [id, order] : orders_) {
    if (order.placed && order.fate == OrderFate::open) ++open;
    if (!order.payment_settled()) ++payments;
    if (!order.goods_settled()) ++goods;
  }
  std::string sentence;
  mention(sentence, open, "orders");
  mention(sentence, payments, "payments");
  mention(sentence, goods, "reservations");
  mention(sentence, stock_answers_due_, "stock answers");
  mention(sentence, reserved_lines_, "reserved lines");
  mention(sentence, restocks_due_, "restocks");
  mention(sentence, mails_due_, "mails");
  return sentence;
}

}  // namespace troupe::tool
