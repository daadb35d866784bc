// A run in which everything goes right: the product's declarations, run one command at a time
// without the runtime, so that the checker is not tested with what it has to check.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actors/all.hpp"
#include "inventory/v1/reservation.pb.h"
#include "inventory/v1/stock.pb.h"
#include "inventory/v1/stock_row.pb.h"
#include "notifications/v1/notification.pb.h"
#include "ordering/v1/customer_orders.pb.h"
#include "ordering/v1/order.pb.h"
#include "ordering/v1/orders.pb.h"
#include "payments/v1/gateway.pb.h"
#include "payments/v1/payment.pb.h"
#include "runtime/domain/timestamp.hpp"
#include "runtime/ports/identity.hpp"
#include "tests/support/pb.hpp"
#include "tools/troupe/check/run.hpp"
#include "troupe/v1/commit.pb.h"
#include "troupe/v1/mail.pb.h"

namespace troupe::test {

/// Runs commands and everything they lead to, in the order in which it was asked for.
class OrderFlow {
public:
  /// Operations of orders that the gateway does not approve, such as "capture o-1".
  std::vector<std::string> refused_by_gateway;

  /// Sends a client's command and records what the client was told.
  void send(const std::string& target, const Message& command) {
    queue(target, command);
    drain();
  }
  /// The same, but what it leads to waits for the next send().
  void queue(const std::string& target, const Message& command) {
    const auto instance = instance_of(*Subject::parse("evt." + target)).value();
    const auto& type = command.GetDescriptor()->name();
    pending_.push_back({.instance = instance,
                        .command = SharedMessage(copy(command)),
                        .id = "client-" + std::to_string(++clients_commands_),
                        .causation = {}});
    tool::ClientEvent invoked;
    invoked.what = {.process = "test-1",
                    .command_id = pending_.back().id,
                    .subject = "cmd." + target + '.' + type,
                    .attempt = 1};
    run_.history->push_back(std::move(invoked));
  }
  void drain() {
    while (!pending_.empty()) {
      const auto next = std::move(pending_.front());
      pending_.pop_front();
      handle(next);
    }
  }

  /// What is left when everything is done.
  tool::FinishedRun finish() {
    for (const auto& model : models_) {
      auto& context = context_of(model.name);
      context.last_sequence = context.log.size();
      context.backlog = tool::Backlog{.consumers = {{.name = "all"}}, .timers = {}, .parked = 0};
      for (const auto& view : model.views) context.views[view.name] = projected(view, context);
    }
    return run_;
  }

  OrderFlow() {
    run_.history.emplace();
    run_.gateway.emplace();
    run_.mails.emplace();
    for (const auto& model : models_) run_.contexts.push_back({.context = model.name});
  }

private:
  struct Pending {
    Instance instance;
    SharedMessage command;
    std::string id;
    std::string causation;
  };
  struct Actor {
    MessagePtr state;
    std::uint64_t version = 0;
    std::string last_bytes;
  };

  static Message* copy(const Message& message) {
    auto* copied = message.New();
    copied->CopyFrom(message);
    return copied;
  }
  static Token token(const std::string& text) { return Token::parse(text).value(); }

  const ContextModel& model_of(const std::string& name) const {
    return *std::ranges::find(models_, name, &ContextModel::name);
  }
  tool::ContextRun& context_of(const std::string& name) {
    return *std::ranges::find(run_.contexts, name, &tool::ContextRun::context);
  }

  void handle(const Pending& asked) {
    const auto& aggregate =
        *model_of(asked.instance.context.str()).aggregate(asked.instance.aggregate.str());
    auto& actor = actors_[asked.instance];
    if (!actor.state) actor.state = aggregate.new_state();
    const auto now = now_ += std::chrono::milliseconds(1);
    const auto decision = aggregate.decide(
        *actor.state, *asked.command,
        {.issued_at = now, .instance_id = asked.instance.id.str(), .command_id = asked.id});
    if (decision.rejection) return tell_rejected(asked, *decision.rejection, actor.version);
    if (decision.events.empty()) return tell_ok(asked, 0, 0, 0);

    const auto first = actor.version + 1;
    const auto sequence = append(asked, actor, decision.events, now);
    tell_ok(asked, first, actor.version, sequence);
    for (std::size_t i = 0; i < decision.events.size(); ++i) {
      aggregate.evolve(*actor.state, *decision.events[i]);
      const EventFacts facts{.id = asked.instance.id.str(), .version = first + i, .time = now};
      react(asked.instance, facts, *decision.events[i]);
      call_outside(asked.instance, facts, *decision.events[i]);
    }
  }

  std::uint64_t append(const Pending& asked, Actor& actor, const std::vector<MessagePtr>& events,
                       Time now) {
    v1::Commit commit;
    commit.set_context(asked.instance.context.str());
    commit.set_aggregate(asked.instance.aggregate.str());
    commit.set_id(asked.instance.id.str());
    commit.set_first_version(actor.version + 1);
    commit.set_command_id(asked.id);
    commit.set_command_type(asked.command->GetDescriptor()->name());
    commit.set_command_hash(command_hash(commit.command_type(), *asked.command));
    commit.set_causation_id(asked.causation);
    *commit.mutable_committed_at() = to_timestamp(now);
    if (actor.version > 0) commit.set_previous_hash(sha256(actor.last_bytes));
    for (const auto& event : events) commit.add_events()->PackFrom(*event);

    auto& log = context_of(asked.instance.context.str()).log;
    actor.version += events.size();
    actor.last_bytes = commit.SerializeAsString();
    log.push_back({.sequence = log.size() + 1,
                   .subject = Subject::events(asked.instance),
                   .bytes = actor.last_bytes});
    return log.size();
  }

  void react(const Instance& source, const EventFacts& facts, const Message& event) {
    for (const auto& model : models_) {
      for (const auto& reaction : model.reactions) {
        if (!reaction.events.contains(event.GetDescriptor()->full_name())) continue;
        ask(source, facts, model.name + "-from-" + source.context.str(), reaction.name,
            {token(model.name), token(reaction.aggregate), token("any")},
            reaction.on(facts, event));
      }
    }
  }

  /// `like`: context and aggregate of whom is asked.
  void ask(const Instance& source, const EventFacts& facts, const std::string& consumer,
           const std::string& reaction, const Instance& like,
           const std::vector<AskedCommand>& asks) {
    std::map<std::string, std::uint32_t> ordinals;
    const auto subject = Subject::events(source).str();
    for (const auto& one : asks) {
      Instance target = like;
      target.id = token(one.id);
      const auto target_subject = Subject::events(target).str();
      const auto id = asked_command_id({.consumer = consumer,
                                        .source_subject = subject,
                                        .version = facts.version,
                                        .reaction = reaction,
                                        .target = target_subject,
                                        .command_type = one.command->GetDescriptor()->name(),
                                        .ordinal = ordinals[target_subject]++});
      pending_.push_back({.instance = target,
                          .command = one.command,
                          .id = id,
                          .causation = subject + '@' + std::to_string(facts.version)});
    }
  }

  void call_outside(const Instance& source, const EventFacts& facts, const Message& event) {
    for (const auto& effect : model_of(source.context.str()).effects) {
      if (effect.event->GetDescriptor() != event.GetDescriptor()) continue;
      const auto key = effect_key(Subject::events(source).str(), facts.version, effect.name);
      const auto request = effect.request(facts, event);
      const auto answer =
          effect.name == "notify"
              ? deliver(key, static_cast<const v1::Mail&>(*request))
              : charge(key, static_cast<const payments::v1::GatewayRequest&>(*request));
      ask(source, facts, "effect", effect.name, source, effect.answered(facts, event, *answer));
    }
  }
  MessagePtr deliver(const std::string& key, const v1::Mail& mail) {
    run_.mails->push_back({.message_id = '<' + key + "@troupe>",
                           .to = mail.to(),
                           .subject = mail.subject(),
                           .order_id = mail.headers().at("X-Troupe-Order"),
                           .kind = mail.headers().at("X-Troupe-Kind")});
    return std::make_unique<v1::MailDelivered>();
  }
  MessagePtr charge(const std::string& key, const payments::v1::GatewayRequest& request) {
    const auto what = request.operation() + ' ' + request.order_id();
    auto answer = std::make_unique<payments::v1::GatewayAnswer>();
    answer->set_approved(std::ranges::find(refused_by_gateway, what) == refused_by_gateway.end());
    answer->set_reference("ref-" + request.order_id());
    if (!answer->approved()) answer->set_code("refused");
    run_.gateway->push_back({.key = key,
                             .operation = request.operation(),
                             .order_id = request.order_id(),
                             .amount_minor = request.amount(),
                             .currency = request.currency(),
                             .approved = answer->approved(),
                             .reference = answer->reference(),
                             .code = answer->code(),
                             .call = 1});
    return answer;
  }

  tool::ClientEvent answer_to(const Pending& asked, tool::ClientEvent::Type type) const {
    tool::ClientEvent event;
    event.type = type;
    event.what = std::ranges::find(*run_.history, asked.id, [](const auto& e) {
                   return e.what.command_id;
                 })->what;
    return event;
  }
  void tell_ok(const Pending& asked, std::uint64_t first, std::uint64_t last,
               std::uint64_t sequence) {
    if (!asked.causation.empty()) return;
    auto event = answer_to(asked, tool::ClientEvent::Type::ok);
    event.accepted = {.first_version = first,
                      .last_version = last,
                      .stream = stream_name(StreamKind::events, asked.instance.context),
                      .sequence = sequence};
    run_.history->push_back(std::move(event));
  }
  void tell_rejected(const Pending& asked, const Rejection& rejection, std::uint64_t version) {
    if (!asked.causation.empty()) return;
    auto event = answer_to(asked, tool::ClientEvent::Type::rejected);
    event.rejection = {.code = 422, .text = std::string(rejection.code), .decided_at = version};
    run_.history->push_back(std::move(event));
  }

  /// The view as the product projects it.
  tool::ViewContent projected(const ViewModel& view, const tool::ContextRun& context) const {
    std::map<std::string, MessagePtr> rows;
    for (const auto& stored : context.log) {
      v1::Commit commit;
      commit.ParseFromString(stored.bytes);
      auto version = commit.first_version();
      for (const auto& any : commit.events()) {
        const EventFacts facts{
            .id = commit.id(), .version = version++, .time = to_time(commit.committed_at())};
        const auto type = any.type_url().substr(any.type_url().rfind('/') + 1);
        const auto prototype = view.events.find(type);
        if (prototype == view.events.end()) continue;
        const MessagePtr event(prototype->second->New());
        event->ParseFromString(any.value());
        const auto key = view.key(facts, *event);
        if (key.empty()) continue;
        auto& row = rows[key];
        if (!row) row.reset(view.row->New());
        view.project(*row, facts, *event);
      }
    }
    tool::ViewContent content{.checkpoint = context.log.size(), .rows = {}};
    for (const auto& [key, row] : rows) content.rows[key] = row->SerializeAsString();
    return content;
  }

  const std::vector<ContextModel> models_ = all_contexts();
  std::map<Instance, Actor> actors_;
  std::deque<Pending> pending_;
  Time now_{std::chrono::hours(24 * 365 * 50)};
  unsigned clients_commands_ = 0;
  tool::FinishedRun run_;
};

inline void receive(OrderFlow& flow, const std::string& article, int quantity) {
  auto receive = pb<inventory::v1::ReceiveStock>("reference: 'delivery-1'");
  receive.set_quantity(quantity);
  flow.send("inventory.stock." + article, receive);
}

inline ordering::v1::PlaceOrder order_of(const std::string& article, int quantity) {
  auto place = pb<ordering::v1::PlaceOrder>("customer_id: 'ann' currency: 'EUR'");
  for (int line = 0; line < 2; ++line) {
    auto& added = *place.add_lines();
    added.set_article_id(article);
    added.set_quantity(quantity);
    added.set_unit_price_minor(250 + line);
  }
  return place;
}

/// Orders that end in every way, and clients that are told everything there is to be told.
inline tool::FinishedRun good_run() {
  OrderFlow flow;
  flow.refused_by_gateway = {"authorize o-declined", "capture o-uncaptured"};
  receive(flow, "tea", 1'000);
  flow.send("ordering.order.o-confirmed", order_of("tea", 3));
  flow.send("ordering.order.o-scarce", order_of("coffee", 1));
  flow.send("ordering.order.o-declined", order_of("tea", 4));
  flow.send("ordering.order.o-uncaptured", order_of("tea", 5));
  flow.send("ordering.order.o-refunded", order_of("tea", 2));
  flow.send("ordering.order.o-refunded", pb<ordering::v1::CancelOrder>("reason: 'too late'"));
  flow.queue("ordering.order.o-hasty", order_of("tea", 6));
  flow.send("ordering.order.o-hasty", pb<ordering::v1::CancelOrder>());
  flow.send("ordering.order.o-rejected", pb<ordering::v1::PlaceOrder>("currency: 'EUR'"));
  auto guest = order_of("tea", 1);
  guest.clear_customer_id();
  flow.send("ordering.order.o-guest", guest);
  return flow.finish();
}

}  // namespace troupe::test
