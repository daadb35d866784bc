#include "tools/shop/demo/driver.hpp"

#include <algorithm>

#include "runtime/ports/clock.hpp"
#include "tools/shop/demo/wishes.hpp"

namespace troupe::tool {

namespace {

using Clock = std::chrono::steady_clock;

/// What an outcome other than accepted says, for a person.
std::string describe(const Outcome& outcome) {
  if (const auto* rejected = std::get_if<Rejected>(&outcome))
    return std::to_string(number_of(rejected->code)) + " " + text_of(*rejected);
  if (const auto* unknown = std::get_if<Unknown>(&outcome)) return "unknown: " + unknown->text;
  return "accepted";
}

/// The domain said no; everything else that is no acceptance is trouble.
const Rejected* refused_by_domain(const Outcome& outcome) {
  const auto* rejected = std::get_if<Rejected>(&outcome);
  return rejected != nullptr && rejected->code == RejectionCode::refused ? rejected : nullptr;
}

}  // namespace

Driver::Driver(CommandSender& sender, check::History& history, StopFlag& stop,
               DriverOptions options)
    : options_(std::move(options)),
      stop_(stop),
      pool_("demo", options_.clients, sender, history, stop, options_.patience) {}

DriveResult Driver::run(const std::vector<Invoice>& invoices,
                        const std::map<std::string, std::int64_t>& stock) {
  const auto started = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    invoices_ = invoices.size();
  }
  fill_stock(stock);
  std::size_t begun = 0;
  while (begun < invoices.size() && may_begin()) place(invoices[begun++]);
  std::vector<std::string> problems;
  if (options_.on_begun) problems = options_.on_begun();

  std::unique_lock lock(mutex_);
  invoices_ = begun;
  for (const auto& problem : problems) note_problem(problem);
  wait_until(lock, [this] { return all_ended(); });
  result_.flow = flow_.counts();
  result_.commands = pool_.submitted();
  result_.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  return result_;
}

/// Waits for the next invoice's turn. False: none is begun any more.
bool Driver::may_begin() {
  if (options_.invoices_per_second > 0) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_begin_ - Clock::now());
    if (wait.count() > 0 && !stop_.wait_for(wait)) return false;
    const std::chrono::duration<double> between(1 / options_.invoices_per_second);
    next_begin_ = std::max(next_begin_, Clock::now() - std::chrono::milliseconds{5})
                  + std::chrono::duration_cast<Clock::duration>(between);
  }
  return !stop_.stopped() && (!options_.may_begin || options_.may_begin());
}

void Driver::submit(Wish wish, ClientPool::Done done) {
  wish.issued_at = SystemClock{}.now();
  if (options_.on_submit) options_.on_submit(wish);
  pool_.submit(std::move(wish), std::move(done));
}

void Driver::fill_stock(const std::map<std::string, std::int64_t>& stock) {
  std::unique_lock lock(mutex_);
  for (const auto& [article, quantity] : stock) {
    if (quantity == 0) continue;
    ++stock_pending_;
    submit(receive_stock(article, quantity), [this, name = article](const Outcome& outcome) {
      const std::lock_guard inner(mutex_);
      --stock_pending_;
      if (!std::holds_alternative<Accepted>(outcome))
        note_problem("article " + name + " was not stocked: " + describe(outcome));
      changed_.notify_all();
    });
  }
  wait_until(lock, [this] { return stock_pending_ == 0; });
}

void Driver::place(const Invoice& invoice) {
  std::unique_lock lock(mutex_);
  if (invoice.cancels()) {
    desk_.add_cancellation(invoice.number, invoice.customer);
    submit_due_cancellations();
    return;
  }
  if (!wait_until(lock, [this] { return open_orders_ < options_.open_orders_max; })) return;
  ++open_orders_;
  placed_at_[invoice.number] = Clock::now();
  desk_.add_order(invoice.number, invoice.customer);
  submit(place_order(invoice),
         [this, id = invoice.number](const Outcome& outcome) { note_placed(id, outcome); });
}

void Driver::note_placed(const std::string& order_id, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  if (std::holds_alternative<Accepted>(outcome)) {
    ++orders_accepted_;  // its end comes through the log
  } else {
    if (const auto* rejection = refused_by_domain(outcome))
      note_rejection(*rejection);
    else
      note_problem("order " + order_id + " was not placed: " + describe(outcome));
    end_order(order_id, OrderDesk::Status::refused);
  }
  changed_.notify_all();
}

void Driver::apply(const std::vector<v1::Commit>& commits) {
  const std::lock_guard lock(mutex_);
  for (const auto& commit : commits)
    for (const auto& change : flow_.apply(commit))
      end_order(change.order_id, change.fate == OrderFate::confirmed
                                     ? OrderDesk::Status::confirmed
                                     : OrderDesk::Status::cancelled);
  changed_.notify_all();
}

void Driver::end_order(const std::string& order_id, OrderDesk::Status status) {
  if (desk_.end_order(order_id, status)) {
    --open_orders_;
    ++invoices_ended_;
    const auto placed = placed_at_.extract(order_id);
    if (status != OrderDesk::Status::refused)
      result_.order_times.add(Clock::now() - placed.mapped());
  }
  submit_due_cancellations();
}

void Driver::submit_due_cancellations() {
  for (const auto& due : desk_.take_due()) {
    if (due.order_id.empty()) {
      ++result_.nothing_to_cancel;
      ++invoices_ended_;
      continue;
    }
    submit(cancel_order(due.order_id, due.invoice),
           [this, invoice = due.invoice](const Outcome& outcome) {
             note_cancelled(invoice, outcome);
           });
  }
}

void Driver::note_cancelled(const std::string& invoice, const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  ++invoices_ended_;
  const auto* accepted = std::get_if<Accepted>(&outcome);
  if (accepted == nullptr)
    note_problem("invoice " + invoice + " could not cancel: " + describe(outcome));
  else if (accepted->first_version == 0)
    ++result_.nothing_to_cancel;  // something else had cancelled it meanwhile
  changed_.notify_all();
}

void Driver::note_rejection(const Rejected& rejection) {
  ++result_.rejected;
  ++result_.rejections[rejection.reason];
}

void Driver::note_problem(const std::string& problem) {
  if (result_.problems.size() < problems_max) result_.problems.push_back(problem);
}

void Driver::give_up(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  if (!given_up_) note_problem(problem);
  given_up_ = true;
  stop_.stop();
  changed_.notify_all();
}

DriveProgress Driver::progress() const {
  const std::lock_guard lock(mutex_);
  return {.invoices = invoices_, .ended = invoices_ended_, .flow = flow_.counts()};
}

/// False: the run is given up, now perhaps because it was quiet for too long.
template <class Predicate>
bool Driver::wait_until(std::unique_lock<std::mutex>& lock, Predicate holds) {
  auto commits = flow_.counts().commits;
  auto quiet_until = Clock::now() + options_.quiet_max;
  while (!given_up_ && !holds()) {
    if (changed_.wait_until(lock, quiet_until) == std::cv_status::timeout) {
      note_problem("nothing happened for " + std::to_string(options_.quiet_max.count())
                   + " seconds, but there are still " + flow_.unsettled());
      given_up_ = true;
      stop_.stop();
    }
    if (commits == flow_.counts().commits) continue;
    commits = flow_.counts().commits;
    quiet_until = Clock::now() + options_.quiet_max;
  }
  return !given_up_;
}

bool Driver::all_ended() const {
  return invoices_ended_ == invoices_ && flow_.counts().placed == orders_accepted_
         && flow_.unsettled().empty();
}

}  // namespace troupe::tool
