#include "billing.hpp"

#include <troupe/testing/flow.hpp>
#include <troupe/testing/given.hpp>

using namespace troupe::testing;
using billing::Invoice;
namespace v1 = acme::billing::v1;

TEST_CASE("an invoice is issued once") {
  given<Invoice>()
      .when(pb<v1::IssueInvoice>("cents: 5"))
      .then(pb<v1::InvoiceIssued>("cents: 5"))
      .and_a_retry_changes_nothing();
}

TEST_CASE("an invoice of nothing is refused") {
  given<Invoice>().when(pb<v1::IssueInvoice>()).then_rejected(Invoice::nothing_due);
}

TEST_CASE("an invoice is issued in a flow") {
  Flow flow({troupe::model_of<billing::Billing>()}, 1);
  CHECK_FALSE(flow.send("billing", "invoice", "i-1", pb<v1::IssueInvoice>("cents: 5"), "c-1"));
  flow.run();
  CHECK(flow.state<Invoice>("billing", "i-1").cents() == 5);
}
