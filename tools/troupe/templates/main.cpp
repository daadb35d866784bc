// The program: its contexts, and who performs their effects.
#include <troupe/program.hpp>

#include "contexts/subscriptions/subscriptions.hpp"

namespace {

using subscriptions::Approval;
namespace v1 = subscriptions::v1;

constexpr const char* own_settings = R"([approval]
# Who approves items, as a NATS subject: asked for subscriptions.v1.ApprovalRequest, answers with
# ApprovalAnswer.
subject = "approval.ask"
# For development: nobody is asked, and the program itself approves.
stand_in = false
)";

/// Declines what belongs to "nobody".
troupe::PortResult<v1::ApprovalAnswer> stand_in(const troupe::PortCall<v1::ApprovalRequest>& call) {
  const bool granted = call.request.owner() != "nobody";
  return troupe::make<v1::ApprovalAnswer>([&](auto& answer) {
    answer.set_granted(granted);
    if (!granted) answer.set_reason("its owner is nobody");
  });
}

troupe::Port approval(const troupe::Settings& settings) {
  if (settings.flag("approval.stand_in")) return troupe::port_for<Approval>(stand_in);
  return troupe::nats_request(settings.text("approval.subject"));
}

}  // namespace

int main(int argc, char** argv) {
  return troupe::Program("subscriptions")
      .context<subscriptions::Subscriptions>()
      .effect<Approval>(approval)
      .settings(own_settings)
      .run(argc, argv);
}
