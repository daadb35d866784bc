// Reads the ledgers and the books, and says which orders the invariants are broken for.
#include "tools/shop/books/shop_invariants.hpp"

#include <string>
#include <unordered_map>

namespace troupe::tool {

namespace {

/// An order of which every PlaceOrder was rejected left no trace in any context.
void check_rejected_orders(const check::DecodedRun& run, const check::ToldByCommand& all,
                           check::Report& report) {
  constexpr std::string_view prefix = "evt.ordering.order.";
  std::unordered_map<std::string, bool> refused;  // by order: every command that may place it was
  for (const auto& [command_id, told] : all) {
    const auto target = check::target_of(told.subject);
    if (!target || target->command_type != "PlaceOrder"
        || !target->events_subject.starts_with(prefix))
      continue;
    const auto order = target->events_subject.substr(prefix.size());
    const auto known = refused.try_emplace(order, true).first;
    known->second = known->second && told.only_rejected();
  }
  for (const auto& [order, is_refused] : refused) {
    if (!is_refused) continue;
    report.count("orders rejected");
    for (const auto* subject :
         {"evt.ordering.order.", "evt.inventory.reservation.", "evt.payments.payment."})
      if (const auto& commits = run.commits_on(subject + order); !commits.empty())
        report.violated("I5", "order " + order + " was rejected, and yet something happened for it",
                        check::place(*commits.front()->stored));
  }
}

/// Whether what a timer was armed for is over.
bool is_over(std::string_view aggregate, const std::string& id, const OrderBooks& books) {
  if (aggregate == "notification") {
    const auto found = books.notifications.find(id);
    return found != books.notifications.end()
           && found->second.status != BookedNotification::Status::requested;
  }
  const auto order = books.orders.find(id);
  return order != books.orders.end() && order->second.ended();
}

/// I18: no timer is left for what has ended.
void check_armed_timers(const check::DecodedRun& run, const OrderBooks& books,
                        check::Report& report) {
  constexpr std::size_t timer_tokens = 6;  // tmr.<context>.armed.<aggregate>.<id>.<timer>
  for (const auto& context : run.contexts()) {
    if (!context.run->backlog) continue;
    for (const auto& timer : context.run->backlog->timers) {
      const auto subject = Subject::parse(timer);
      const auto tokens = subject ? subject->tokens() : std::vector<std::string_view>{};
      if (tokens.size() == timer_tokens && tokens[2] == "armed"
          && is_over(tokens[3], std::string(tokens[4]), books))
        report.violated("I18", "a timer is still armed for what has ended", timer);
    }
  }
}

void say_how_orders_ended(const check::DecodedRun& run, const OrderBooks& books,
                          check::Report& report) {
  if (run.missing().empty()) return check_endings(books, run.poison(), report);
  std::string missing;
  for (const auto& context : run.missing()) missing += ' ' + context;
  for (const auto* id : {"I10", "I11", "I12", "I13"})
    report.not_checked(id, "how orders ended needs the logs of:" + missing);
}

}  // namespace

std::vector<check::Invariant> ShopInvariants::rules() const {
  return {
      {"I10", "every order ended, by legal steps only"},
      {"I11",
       "stock: received = on hand + reserved + shipped, never negative, nothing held in the end"},
      {"I12",
       "money: captured - refunded = totals of the confirmed orders, and as the gateway says"},
      {"I13", "confirmed orders are paid and shipped once, cancelled ones hold nothing"},
      {"I14", "the outside world was asked once per matter, however often it was repeated"},
  };
}

Result<bool> ShopInvariants::read_records(const std::filesystem::path& folder) {
  const auto gateway =
      check::read_if_there(folder, gateway_ledger_file, read_gateway_ledger, ledgers_.gateway);
  if (!gateway) return gateway;
  const auto mails =
      check::read_if_there(folder, mail_ledger_file, read_mail_ledger, ledgers_.mails);
  if (!mails) return mails;
  return *gateway || *mails;
}

void ShopInvariants::check(const check::DecodedRun& run, const check::ToldByCommand& told,
                           check::Report& report) const {
  check_rejected_orders(run, told, report);
  const auto books = read_books(run, report);
  say_how_orders_ended(run, books, report);
  check_effects(run, books, ledgers_, report);
  check_shop_rows(run, report);
  check_armed_timers(run, books, report);
}

}  // namespace troupe::tool
