// Reservations: which steps are legal when, and which lines each of them must name.
#include <vector>

#include "inventory/v1/events.pb.h"
#include "tools/shop/books/order_books.hpp"

namespace troupe::tool {

namespace {

namespace inventory = ::inventory::v1;
using Status = BookedReservation::Status;
using Line = BookedReservation::Line;
using NumberedLines = google::protobuf::RepeatedPtrField<inventory::NumberedLine>;

/// Follows the events of one reservation.
class Follower {
public:
  Follower(BookedReservation& booked, const check::EventAt& event, check::Report& report)
      : booked_(booked), event_(event), report_(report) {}

  void read() {
    booked_.last = event_.name();
    if (const auto* requested = event_.as<inventory::ReservationRequested>()) read(*requested);
    if (const auto* reserved = event_.as<inventory::LineReserved>())
      answer(reserved->line(), Line::reserved);
    if (const auto* refused = event_.as<inventory::LineRefused>())
      answer(refused->line(), Line::refused);
    if (event_.as<inventory::ReservationCompleted>() != nullptr) complete();
    if (const auto* failed = event_.as<inventory::ReservationFailed>()) read(*failed);
    if (const auto* released = event_.as<inventory::ReservationReleased>()) read(*released);
    if (const auto* shipped = event_.as<inventory::ReservationShipped>()) read(*shipped);
    if (const auto* late = event_.as<inventory::LateLineReleased>()) read(*late);
  }

private:
  void require(bool legal, std::string_view why) const {
    if (!legal) illegal(event_, why, report_);
  }
  bool is(Status status) const { return booked_.status == status; }

  void read(const inventory::ReservationRequested& requested) {
    require(is(Status::none), "it was requested or ended before");
    for (const auto& line : requested.lines())
      booked_.lines.push_back({line.article_id(), line.quantity()});
    booked_.answers.assign(booked_.lines.size(), Line::pending);
    booked_.pending = booked_.lines.size();
    booked_.status = Status::requested;
  }

  /// Returns false when there is no such line to be answered.
  bool take(std::int32_t line, Line as) {
    const auto index = static_cast<std::size_t>(line) - 1;
    if (line < 1 || index >= booked_.answers.size() || booked_.answers[index] != Line::pending) {
      require(false, "no such line waits for an answer");
      return false;
    }
    booked_.answers[index] = as;
    --booked_.pending;
    return true;
  }
  void answer(std::int32_t line, Line as) {
    require(is(Status::requested), "no line waits for an answer");
    if (take(line, as) && as == Line::refused) ++booked_.refused;
  }

  void complete() {
    require(is(Status::requested), "it does not wait for lines");
    require(booked_.pending == 0 && booked_.refused == 0, "not every line is reserved");
    booked_.status = Status::completed;
  }

  void read(const inventory::ReservationFailed& failed) {
    if (failed.reason() == "out_of_stock")
      require(is(Status::requested) && booked_.pending == 0 && booked_.refused > 0,
              "not every line is answered or none is refused");
    else
      require(failed.reason() == "reservation_expired"
                  && (is(Status::requested) || is(Status::completed)),
              "it cannot expire here");
    require_reserved(failed.lines_to_release(), "lines_to_release");
    booked_.status = Status::failed;
  }

  void read(const inventory::ReservationReleased& released) {
    require(!is(Status::failed) && !is(Status::released), "it has ended before");
    if (is(Status::shipped)) {
      require_reserved(released.lines_to_restock(), "lines_to_restock");
      require(released.lines_to_release().empty(), "what was shipped cannot be released");
    } else {
      require_reserved(released.lines_to_release(), "lines_to_release");
      require(released.lines_to_restock().empty(), "what was not shipped cannot be restocked");
    }
    booked_.status = Status::released;
  }

  void read(const inventory::ReservationShipped& shipped) {
    require(is(Status::completed), "it is not complete");
    require_reserved(shipped.lines(), "lines");
    booked_.status = Status::shipped;
  }

  void read(const inventory::LateLineReleased& late) {
    require(is(Status::failed) || is(Status::released), "it has not ended");
    if (take(late.line(), Line::given_back))
      require(late.article_id() == booked_.lines[static_cast<std::size_t>(late.line()) - 1].article,
              "the line is of another article");
  }

  /// The event must name the lines that are reserved, all and only these.
  void require_reserved(const NumberedLines& named, std::string_view field) const {
    auto next = named.begin();
    for (std::size_t i = 0; i < booked_.lines.size(); ++i) {
      if (booked_.answers[i] != Line::reserved) continue;
      const bool same = next != named.end() && next->line() == static_cast<std::int32_t>(i) + 1
                        && next->article_id() == booked_.lines[i].article
                        && next->quantity() == booked_.lines[i].quantity;
      if (!same) return require(false, std::string(field) + " are not the lines reserved");
      ++next;
    }
    require(next == named.end(), std::string(field) + " names a line that is not reserved");
  }

  BookedReservation& booked_;
  const check::EventAt& event_;
  check::Report& report_;
};

}  // namespace

void read_reservations(const check::DecodedContext& inventory, OrderBooks& books,
                       check::Report& report) {
  inventory.for_each_event("reservation", [&](const check::EventAt& event) {
    Follower(books.reservations[event.id()], event, report).read();
  });
}

}  // namespace troupe::tool
