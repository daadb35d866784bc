// Invoices, as another team would write them.
#pragma once

#include <troupe/context.hpp>
#include "billing/v1/commands.pb.h"
#include "billing/v1/events.pb.h"
#include "billing/v1/state.pb.h"

namespace billing {

namespace v1 = acme::billing::v1;

struct Invoice {
  static constexpr std::string_view name = "invoice";
  using State = v1::InvoiceState;
  using Commands = troupe::MessageSet<v1::IssueInvoice>;
  using Events = troupe::MessageSet<v1::InvoiceIssued>;

  static constexpr troupe::Rejection nothing_due{"invoice.nothing_due"};

  static troupe::Decision<Events> decide(const State& invoice, const v1::IssueInvoice& issue) {
    if (issue.cents() <= 0) return nothing_due;
    if (invoice.cents() != 0) return troupe::nothing;
    return troupe::make<v1::InvoiceIssued>([&](auto& e) { e.set_cents(issue.cents()); });
  }
  static void evolve(State& invoice, const v1::InvoiceIssued& e) { invoice.set_cents(e.cents()); }
};

struct Billing {
  static constexpr std::string_view name = "billing";
  using Parts = troupe::Parts<Invoice>;
  using Public = troupe::Public<v1::IssueInvoice>;
};

}  // namespace billing
