// The outside world of a simulation: a payment gateway that keeps books, and a mail server.
#pragma once

#include <map>
#include <random>
#include <string>

#include <google/protobuf/empty.pb.h>

#include <troupe/model.hpp>
#include <troupe/testing/flow.hpp>
#include "payments/v1/gateway.pb.h"
#include "troupe/v1/mail.pb.h"

namespace troupe::test {

/// Fails a call in three: half of the failed ones had their effect, and the answer was lost.
class ShopsOutside {
public:
  struct Account {
    std::int64_t authorized = 0;
    std::int64_t captured = 0;
    std::int64_t voided = 0;
    std::int64_t refunded = 0;
  };

  explicit ShopsOutside(std::uint64_t seed) : random_(seed) {}

  /// The answer, or null. The same key gets the same answer.
  SharedMessage call(const testing::OutsideCall& call) {
    const auto& request = call.request;
    const auto fate = random_() % 6;
    if (fate == 0) return nullptr;
    SharedMessage answer;
    if (const auto* asked = dynamic_cast<const payments::v1::GatewayRequest*>(&request))
      answer = ask_gateway(call.key, *asked);
    else if (const auto* mail = dynamic_cast<const v1::Mail*>(&request))
      answer = take_mail(*mail);
    else
      FAIL("nobody outside takes " << request.GetTypeName());
    return fate == 1 ? nullptr : answer;
  }

  const std::map<std::string, Account>& accounts() const { return accounts_; }

private:
  SharedMessage ask_gateway(const std::string& key, const payments::v1::GatewayRequest& asked) {
    auto& answer = answers_[key];
    if (!answer) answer = decide(asked);
    return answer;
  }

  SharedMessage decide(const payments::v1::GatewayRequest& asked) {
    auto& account = accounts_[asked.order_id()];
    auto answer = std::make_shared<payments::v1::GatewayAnswer>();
    if (asked.operation() == "authorize") {
      if (account.authorized != 0) FAIL("authorised twice: " << asked.order_id());
      answer->set_approved(random_() % 8 != 0);
      if (answer->approved()) account.authorized = asked.amount();
    } else if (asked.operation() == "capture") {
      if (account.authorized != asked.amount() || account.captured != 0 || account.voided != 0)
        FAIL("captured what cannot be: " << asked.order_id());
      answer->set_approved(random_() % 8 != 0);
      if (answer->approved()) account.captured = asked.amount();
    } else if (asked.operation() == "void") {
      if (account.authorized != asked.amount() || account.captured != 0 || account.voided != 0)
        FAIL("voided what cannot be: " << asked.order_id());
      answer->set_approved(true);
      account.voided = asked.amount();
    } else {
      if (account.captured != asked.amount() || account.refunded != 0)
        FAIL("refunded what cannot be: " << asked.order_id());
      answer->set_approved(true);
      account.refunded = asked.amount();
    }
    if (answer->approved())
      answer->set_reference("r-" + asked.order_id());
    else
      answer->set_code("refused");
    return answer;
  }

  /// Every seventh mailbox is full for ever.
  static SharedMessage take_mail(const v1::Mail& mail) {
    if (std::hash<std::string>{}(mail.subject()) % 7 == 0) return nullptr;
    return std::make_shared<google::protobuf::Empty>();
  }

  std::mt19937_64 random_;
  std::map<std::string, SharedMessage> answers_;
  std::map<std::string, Account> accounts_;
};

}  // namespace troupe::test
