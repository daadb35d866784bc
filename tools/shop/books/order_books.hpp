// The order flow told again in integers: what orders, reservations, stock, payments and
// notifications did, without any of the product's own folds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/check/run/decoded_run.hpp"
#include "runtime/check/run/report.hpp"

namespace troupe::tool {

struct BookedLine {
  std::string article;
  std::int64_t quantity = 0;
  friend bool operator==(const BookedLine&, const BookedLine&) = default;
};

struct BookedOrder {
  enum class Status { none, placed, confirmed, cancelled };
  Status status = Status::none;
  bool was_confirmed = false;
  std::string customer;
  std::string currency;
  std::int64_t total_minor = 0;
  std::vector<BookedLine> lines;
  std::string last;  ///< name of its last event, for witnesses

  bool ended() const { return status == Status::confirmed || status == Status::cancelled; }
};

struct BookedReservation {
  enum class Status { none, requested, completed, failed, released, shipped };
  enum class Line { pending, reserved, refused, given_back };
  Status status = Status::none;
  std::vector<BookedLine> lines;
  std::vector<Line> answers;  ///< one per line
  std::size_t pending = 0;
  std::size_t refused = 0;
  std::string last;
};

/// All movements of one article.
struct BookedStock {
  std::int64_t received = 0;
  std::int64_t on_hand = 0;
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
};

/// What happened to one reference of one article.
struct BookedReference {
  std::string article;
  std::int64_t held = 0;  ///< reserved now
  std::int64_t shipped = 0;
  std::int64_t restocked = 0;
  unsigned shipments = 0;
  std::string last;
};

struct BookedPayment {
  enum class Status {
    none,
    awaited,
    opened,
    authorizing,
    authorized,
    declined,
    capturing,
    captured,
    capture_failed,
    closed,
    voiding,
    voided,
    void_refused,
    refunding,
    refunded,
    refund_refused,
  };
  Status status = Status::none;
  std::string currency;
  std::int64_t amount_minor = 0;
  std::int64_t captured_minor = 0;
  std::int64_t refunded_minor = 0;
  unsigned captures = 0;
  bool cancellation_noted = false;
  std::string last;
};

struct BookedNotification {
  enum class Status { none, requested, sent, given_up };
  Status status = Status::none;
  std::string order;
  std::string kind;
  std::string last;
};

/// By the id of the order, but `stock` by article, `references` by "<article> <reference>" and
/// `notifications` by their own id.
struct OrderBooks {
  std::unordered_map<std::string, BookedOrder> orders;
  std::unordered_map<std::string, BookedReservation> reservations;
  std::unordered_map<std::string, BookedStock> stock;
  std::unordered_map<std::string, BookedReference> references;
  std::unordered_map<std::string, BookedPayment> payments;
  std::unordered_map<std::string, BookedNotification> notifications;
};

/// Reads what logs there are. Steps that are not legal where they stand are violations of I10,
/// stock that does not add up of I11, amounts that differ of I12.
OrderBooks read_books(const check::DecodedRun& run, check::Report& report);

// Its chapters.
void read_orders(const check::DecodedContext& ordering, OrderBooks& books, check::Report& report);
void read_reservations(const check::DecodedContext& inventory, OrderBooks& books,
                       check::Report& report);
void read_stock(const check::DecodedContext& inventory, OrderBooks& books, check::Report& report);
void read_payments(const check::DecodedContext& payments, OrderBooks& books, check::Report& report);
void read_notifications(const check::DecodedContext& notifications, OrderBooks& books,
                        check::Report& report);

/// A step that is not legal where it stands.
void illegal(const check::EventAt& event, std::string_view why, check::Report& report);

}  // namespace troupe::tool
