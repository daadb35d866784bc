// Invoices, folded with libraries of the team.
#pragma once

#include <troupe/context.hpp>
#include "billing/v1/commands.pb.h"
#include "billing/v1/events.pb.h"
#include "billing/v1/state.pb.h"
#include "rates.hpp"
#include "rounding.hpp"
#include "taxes.hpp"

namespace billing {

struct Invoice {
  static constexpr std::string_view name = "invoice";
  using State = v1::InvoiceState;
  using Commands = troupe::MessageSet<v1::IssueInvoice>;
  using Events = troupe::MessageSet<v1::InvoiceIssued>;

  static troupe::Decision<Events> decide(const State&, const v1::IssueInvoice& issue) {
    return troupe::make<v1::InvoiceIssued>([&](auto& e) { e.set_cents(issue.cents()); });
  }
  static void evolve(State& invoice, const v1::InvoiceIssued& e) {
    invoice.set_cents(rounded(e.cents()) + tax(e.cents()) + fee(e.cents()));
  }
};

struct Billing {
  static constexpr std::string_view name = "billing";
  using Parts = troupe::Parts<Invoice>;
  using Public = troupe::Public<v1::IssueInvoice>;
};

}  // namespace billing
