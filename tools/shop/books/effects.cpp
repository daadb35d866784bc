// I14 and the gateway's part of I12: the log against what the outside world was asked.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "payments/v1/events.pb.h"
#include "runtime/ports/identity.hpp"
#include "tools/shop/books/shop_invariants.hpp"

namespace troupe::tool {

namespace {

namespace payments = ::payments::v1;

/// A question that a payment asked the gateway, and the answer it recorded.
struct Question {
  std::string order;
  std::string operation;
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string asked_by;  ///< name of the event
  std::optional<bool> approved;
  bool called = false;
};

using Questions = std::unordered_map<std::string, Question>;  // by idempotency key

template <class E>
void add_if(const check::EventAt& event, std::string_view operation, Questions& questions,
            Question*& open) {
  const auto* asked = event.as<E>();
  if (asked == nullptr) return;
  const auto key =
      effect_key(event.commit->subject(), event.version(), "gateway-" + std::string(operation));
  open = &questions[key];
  *open = {.order = event.id(),
           .operation = std::string(operation),
           .amount_minor = asked->amount().amount_minor(),
           .currency = asked->amount().currency(),
           .asked_by = event.name(),
           .approved = {}};
}

template <class... Es>
bool is_one_of(const check::EventAt& event) {
  return ((event.as<Es>() != nullptr) || ...);
}

/// A payment has at most one question open at a time, and the next answer in its log is to it.
Questions questions_of(const check::DecodedContext& context) {
  Questions questions;
  std::unordered_map<std::string, Question*> open;  // by payment
  context.for_each_event("payment", [&](const check::EventAt& event) {
    auto& question = open[event.id()];
    if (question != nullptr) {
      if (is_one_of<payments::PaymentAuthorized, payments::PaymentCaptured, payments::PaymentVoided,
                    payments::PaymentRefunded>(event))
        question->approved = true;
      if (is_one_of<payments::PaymentDeclined, payments::CaptureFailed, payments::VoidRefused,
                    payments::RefundRefused>(event))
        question->approved = false;
    }
    add_if<payments::AuthorizationRequested>(event, "authorize", questions, question);
    add_if<payments::CaptureRequested>(event, "capture", questions, question);
    add_if<payments::VoidRequested>(event, "void", questions, question);
    add_if<payments::RefundRequested>(event, "refund", questions, question);
  });
  return questions;
}

std::string witness(const GatewayCall& call) {
  return call.operation + " of order " + call.order_id + ", key " + call.key + ", call "
         + std::to_string(call.call);
}

/// The gateway's part of I12: what it did is what the payments say.
void compare(const GatewayCall& call, const Question& question, check::Report& report) {
  if (call.order_id != question.order || call.operation != question.operation)
    report.violated("I12", "the gateway was asked something else than " + question.asked_by,
                    witness(call));
  if (call.amount_minor != question.amount_minor || call.currency != question.currency)
    report.violated("I12",
                    "the gateway moved " + std::to_string(call.amount_minor) + ' ' + call.currency
                        + ", the payment asked for " + std::to_string(question.amount_minor) + ' '
                        + question.currency,
                    witness(call));
  if (question.approved && *question.approved != call.approved)
    report.violated("I12", "the payment recorded another answer than the gateway gave",
                    witness(call));
}

void check_ledger_against_log(const std::vector<GatewayCall>& calls, Questions questions,
                              check::Report& report) {
  for (const auto& call : calls) {
    const auto question = questions.find(call.key);
    if (question == questions.end()) {
      report.violated("I12", "no payment asked the gateway for this", witness(call));
      continue;
    }
    question->second.called = true;
    compare(call, question->second, report);
  }
  for (const auto& [key, question] : questions)
    if (question.approved && !question.called)
      report.violated("I12", "the payment recorded an answer that the gateway never gave",
                      question.asked_by);
}

/// The keys of one (order, operation). A further one is right only after a refusal to undo.
struct Matter {
  std::set<std::string> keys;
  std::set<std::string> refused;
  const GatewayCall* last = nullptr;
};

void check_gateway_keys(const std::vector<GatewayCall>& calls, check::Report& report) {
  std::map<std::pair<std::string, std::string>, Matter> matters;
  std::unordered_map<std::string, const GatewayCall*> first_by_key;
  for (const auto& call : calls) {
    auto& matter = matters[{call.order_id, call.operation}];
    matter.keys.insert(call.key);
    matter.last = &call;
    const bool undoes = call.operation == "void" || call.operation == "refund";
    if (undoes && !call.approved) matter.refused.insert(call.key);

    const auto [first, is_first] = first_by_key.emplace(call.key, &call);
    if (is_first) continue;
    report.count("gateway repeats");
    if (first->second->amount_minor != call.amount_minor || first->second->currency != call.currency
        || first->second->operation != call.operation)
      report.violated("I14", "one key was used for two different calls", witness(call));
  }
  report.count("gateway calls", calls.size());
  for (const auto& [what, matter] : matters)
    if (matter.keys.size() > matter.refused.size() + 1
        || (matter.keys.size() > 1 && matter.refused.empty()))
      report.violated("I14",
                      std::to_string(matter.keys.size()) + " keys for one " + what.second
                          + " of order " + what.first,
                      witness(*matter.last));
}

void check_mails(const std::vector<ReceivedMail>& mails, const OrderBooks& books,
                 bool has_notifications, check::Report& report) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> ids;  // by order, kind
  for (const auto& mail : mails)
    if (!ids[{mail.order_id, mail.kind}].insert(mail.message_id).second)
      report.count("mail repeats");
  report.count("mails", mails.size());
  for (const auto& [what, message_ids] : ids)
    if (message_ids.size() > 1)
      report.violated(
          "I14",
          "order " + what.first + " got mails \"" + what.second + "\" with different Message-IDs",
          *message_ids.begin() + " and " + *message_ids.rbegin());
  if (!has_notifications) return;

  std::set<std::pair<std::string, std::string>> asked;
  for (const auto& [id, notification] : books.notifications) {
    asked.emplace(notification.order, notification.kind);
    if (notification.status == BookedNotification::Status::sent
        && !ids.contains({notification.order, notification.kind}))
      report.violated("I14", "notification " + id + " is recorded as sent, but no mail arrived",
                      notification.last);
  }
  for (const auto& [what, message_ids] : ids)
    if (!asked.contains(what))
      report.violated("I14", "a mail \"" + what.second + "\" that nobody asked for",
                      "order " + what.first + ", Message-ID " + *message_ids.begin());
}

}  // namespace

void check_effects(const check::DecodedRun& run, const OrderBooks& books, const Ledgers& ledgers,
                   check::Report& report) {
  if (const auto& calls = ledgers.gateway) {
    check_gateway_keys(*calls, report);
    if (const auto* context = run.context("payments"))
      check_ledger_against_log(*calls, questions_of(*context), report);
  } else {
    report.not_checked("I12", "there is no ledger of the gateway to compare payments with");
    report.not_checked("I14", "there is no ledger of the gateway");
  }
  if (const auto& mails = ledgers.mails)
    check_mails(*mails, books, run.context("notifications") != nullptr, report);
  else
    report.not_checked("I14", "there is no ledger of the mails that arrived");
}

}  // namespace troupe::tool
