#include "runtime/host/effects_by_name.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "runtime/base/gate.hpp"
#include "runtime/base/in_flight.hpp"
#include "runtime/base/secrets.hpp"
#include "runtime/base/thrown.hpp"
#include "runtime/curl/effect_calls.hpp"
#include "runtime/host/blocking_effects.hpp"
#include "runtime/nats/requests/request_effects.hpp"
#include "runtime/ports/subject.hpp"
#include "troupe/v1/mail.pb.h"

namespace troupe::host {

namespace {

template <class... Handlers>
struct OneOf : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
OneOf(Handlers...) -> OneOf<Handlers...>;

bool same_type(const Message& one, const Message& other) {
  return one.GetDescriptor() == other.GetDescriptor();
}

bool begins_with_one_of(std::string_view url, std::initializer_list<std::string_view> schemes) {
  return std::ranges::any_of(schemes, [&](auto scheme) { return url.starts_with(scheme); });
}

Result<void> check_mail(const SmtpServer& server, const EffectModel& effect) {
  if (!begins_with_one_of(server.url, {"smtp://", "smtps://"}))
    return permanent("its mail server \"" + redacted(server.url)
                     + "\" is no address such as smtp://127.0.0.1:25");
  if (server.from.empty()) return permanent("its mails are from nobody");
  if (!same_type(*effect.request_type, v1::Mail::default_instance()))
    return permanent("what goes by mail is a troupe.v1.Mail, and its Request is "
                     + effect.request_type->GetTypeName());
  if (effect.answer->GetDescriptor()->field_count() != 0
      && !same_type(*effect.answer, v1::MailDelivered::default_instance()))
    return permanent(
        "a mail is answered with troupe.v1.MailDelivered or nothing, and its Answer "
        "is "
        + effect.answer->GetTypeName());
  return {};
}

/// Whether the port can perform the effect.
Result<void> check(const Port& port, const EffectModel& effect) {
  return std::visit(
      OneOf{[](const Port::NatsRequest& request) -> Result<void> {
              if (Subject::parse(request.subject)) return {};
              return permanent("\"" + request.subject + "\" is no subject that can be asked");
            },
            [&](const SmtpServer& server) { return check_mail(server, effect); },
            [](const Port::Webhook& webhook) -> Result<void> {
              if (begins_with_one_of(webhook.url, {"http://", "https://"})) return {};
              return permanent("its webhook \"" + redacted(webhook.url)
                               + "\" is no address such as https://example.org/hook");
            },
            [&](const Port::Function& own) -> Result<void> {
              if (same_type(*own.request, *effect.request_type)
                  && same_type(*own.answer, *effect.answer))
                return {};
              return permanent("its port is made for another effect, with "
                               + own.request->GetTypeName() + " and " + own.answer->GetTypeName());
            },
            [&](const Port::Both& both) {
              Result<void> checked;
              for (const auto& one : both.ports)
                if (checked) checked = check(one, effect);
              return checked;
            }},
      port.means());
}

Result<Port> make_port(const EffectModel& effect, const Program& program,
                       const Settings& settings) {
  const auto make = program.effects.find(effect.name);
  if (make == program.effects.end())
    return permanent("nothing performs it: give the program a port for it");
  try {
    auto port = make->second(settings);
    if (const auto checked = check(port, effect); !checked)
      return tl::make_unexpected(checked.error());
    return port;
  } catch (...) {
    return permanent("its port cannot be made: " + engine::what_was_thrown());
  }
}

Result<MessagePtr> perform(const Port::Function& own, const EffectCall& call) {
  auto result = own.perform({.request = *call.request,
                             .key = call.key,
                             .timeout = call.timeout,
                             .traceparent = call.traceparent});
  return std::visit(
      OneOf{
          [](MessagePtr& answer) -> Result<MessagePtr> { return std::move(answer); },
          [](TryAgain& later) -> Result<MessagePtr> { return retryable(std::move(later.cause)); },
          [](Hopeless& never) -> Result<MessagePtr> { return permanent(std::move(never.cause)); }},
      result);
}

/// Asks one after the other, in what is left of the time-out.
class InTurn final : public Effects {
public:
  explicit InTurn(std::vector<std::unique_ptr<Effects>> all) : all_(std::move(all)) {}
  ~InTurn() override { gate_->close(); }

  void call(EffectCall call, Done done) override {
    ask(0, std::chrono::steady_clock::now() + call.timeout, std::move(call), std::move(done));
  }

private:
  void ask(std::size_t index, SteadyTime until, EffectCall call, Done done) {
    if (index + 1 == all_.size()) return all_[index]->call(std::move(call), std::move(done));
    all_[index]->call(call, [this, gate = gate_, index, until, call,
                             done = std::move(done)](Result<MessagePtr> answer) {
      if (!answer) return done(std::move(answer));
      if (!gate->pass([&] { ask_next(index, until, call, done); }))
        done(retryable("the node is stopping"));
    });
  }

  void ask_next(std::size_t index, SteadyTime until, EffectCall call, Done done) {
    call.timeout =
        std::chrono::floor<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (call.timeout <= std::chrono::milliseconds::zero())
      return done(retryable("the first port left the second one no time"));
    ask(index + 1, until, std::move(call), std::move(done));
  }

  const engine::SharedGate gate_ = std::make_shared<engine::Gate>();
  const std::vector<std::unique_ptr<Effects>> all_;
};

/// Of one effect, to a mail server or a webhook that has others to serve, too.
constexpr std::size_t connections_max = 4;

std::unique_ptr<Effects> performer(const std::shared_ptr<const Port>& port,
                                   nats::Connection& connection,
                                   const std::shared_ptr<InFlight>& requests) {
  using Performer = std::unique_ptr<Effects>;
  return std::visit(
      OneOf{[&](const Port::NatsRequest& request) -> Performer {
              return std::make_unique<nats::RequestEffects>(
                  connection, Subject::parse(request.subject).value(), requests);
            },
            [&](const SmtpServer& server) -> Performer {
              return std::make_unique<BlockingEffects>(
                  [port, &server](const auto& call) { return curl::send_by_mail(server, call); },
                  connections_max);
            },
            [&](const Port::Webhook& webhook) -> Performer {
              return std::make_unique<BlockingEffects>(
                  [port, &webhook](const auto& call) {
                    return curl::post_to_webhook(webhook.url, call);
                  },
                  connections_max);
            },
            [&](const Port::Function& own) -> Performer {
              return std::make_unique<BlockingEffects>(
                  [port, &own](const auto& call) { return perform(own, call); });
            },
            [&](const Port::Both& both) -> Performer {
              std::vector<Performer> all;
              for (const auto& one : both.ports)
                all.push_back(
                    performer(std::shared_ptr<const Port>(port, &one), connection, requests));
              return std::make_unique<InTurn>(std::move(all));
            }},
      port->means());
}

}  // namespace

Result<PortsByName> make_ports(const std::vector<ContextModel>& contexts, const Program& program,
                               const Settings& settings) {
  PortsByName ports;
  for (const auto& context : contexts)
    for (const auto& effect : context.effects) {
      auto port = make_port(effect, program, settings);
      if (!port)
        return permanent("the effect " + effect.name + " of " + context.name + ": "
                         + port.error().what);
      ports.emplace(effect.name, *std::move(port));
    }
  return ports;
}

EffectsByName::EffectsByName(PortsByName ports, nats::Connection& connection) {
  const auto requests = std::make_shared<InFlight>(nats_requests_max);
  for (auto& [effect, port] : ports)
    ports_.emplace(effect,
                   performer(std::make_shared<const Port>(std::move(port)), connection, requests));
}

void EffectsByName::call(EffectCall call, Done done) {
  const auto port = ports_.find(call.effect);
  if (port == ports_.end())
    return done(retryable("nothing performs the effect " + call.effect + " on this node"));
  port->second->call(std::move(call), std::move(done));
}

}  // namespace troupe::host
