// A run in which everything goes right: the product's declarations, run one command at a time
// without the runtime, so that the checker is not tested with what it has to check.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/empty.pb.h>

#include <troupe/testing/pb.hpp>
#include <troupe/timestamp.hpp>
#include "actors/all.hpp"
#include "inventory/v1/commands.pb.h"
#include "inventory/v1/events.pb.h"
#include "inventory/v1/rows.pb.h"
#include "notifications/v1/commands.pb.h"
#include "notifications/v1/events.pb.h"
#include "ordering/v1/commands.pb.h"
#include "ordering/v1/events.pb.h"
#include "ordering/v1/rows.pb.h"
#include "payments/v1/commands.pb.h"
#include "payments/v1/events.pb.h"
#include "payments/v1/gateway.pb.h"
#include "runtime/check/check.hpp"
#include "runtime/check/run/run.hpp"
#include "runtime/nats/wire/body.hpp"
#include "runtime/ports/identity.hpp"
#include "tools/shop/books/shop_invariants.hpp"
#include "troupe/v1/commit.pb.h"
#include "troupe/v1/control.pb.h"
#include "troupe/v1/mail.pb.h"

namespace troupe::test {

using testing::pb;

/// A finished run of the order flow, with what the world outside wrote down.
struct ShopRun : check::FinishedRun, tool::Ledgers {};

inline check::Report check_shop(const ShopRun& run,
                                const std::vector<ContextModel>& models = all_contexts()) {
  const tool::ShopInvariants own(run);
  return check::check_run(run, models, &own);
}

/// Runs commands and everything they lead to, in the order in which it was asked for.
class OrderFlow {
public:
  /// Operations of orders that the gateway does not approve, such as "capture o-1".
  std::vector<std::string> refused_by_gateway;

  /// What an instance is asked for and never gets, such as "inventory.stock.tea ReleaseStock": as
  /// if a reaction or an answer had got lost.
  std::vector<std::string> lost;

  /// What could not be handled; by context.
  std::map<std::string, std::vector<check::ParkedRecord>> parked;

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
                        .causation = {},
                        .issued_at = now_});
    record(check::ClientEvent::Type::invoke,
           {.process = "test-1",
            .command_id = pending_.back().id,
            .subject = "cmd." + target + '.' + type,
            .attempt = 1,
            .args = nats::write_body(command, nats::BodyForm::json).value(),
            .issued_at = now_});
  }
  /// A client's command whose first answer gets lost; its repeat is told what the log holds.
  void send_twice(const std::string& target, const Message& command) {
    send(target, command);
    auto answer = run_.history->back();
    run_.history->pop_back();
    record(check::ClientEvent::Type::unknown, answer.what);
    ++answer.what.attempt;
    record(check::ClientEvent::Type::invoke, answer.what);
    answer.accepted.duplicate = true;
    record(check::ClientEvent::Type::ok, answer.what).accepted = answer.accepted;
  }
  /// An event is put into the log as the first of its instance, past node and clients.
  void inject(const std::string& target, const Message& command, MessagePtr event) {
    const auto instance = instance_of(*Subject::parse("evt." + target)).value();
    std::vector<MessagePtr> events;
    events.push_back(std::move(event));
    record_events({.instance = instance,
                   .command = SharedMessage(copy(command)),
                   .id = "injected-" + instance.id.str(),
                   .causation = {},
                   .issued_at = now_},
                  actor_of(instance), events, {.node = "nemesis", .epoch = 0});
    drain();
  }
  /// The timer that the first event of an instance armed is due.
  void fire(const std::string& target, const std::string& timer, const Message& command) {
    const auto instance = instance_of(*Subject::parse("evt." + target)).value();
    ask(instance, {.id = instance.id.str(), .version = 1, .time = now_}, "timer", timer, instance,
        {{.id = instance.id.str(), .command = SharedMessage(copy(command))}});
    drain();
  }
  /// Somebody looks at a view, which is up to date.
  void read(const std::string& context, const std::string& view) {
    check::CommandTry reader;
    reader.process = "reader-1";
    auto& event = record(check::ClientEvent::Type::read, reader);
    event.read = {.view = context + '/' + view, .position = context_of(context).log.size()};
  }
  /// From here on the node runs every slot of the context.
  void claim(const std::string& context, const std::string& node) {
    for (std::uint32_t slot = 0; slot < slots_default; ++slot) {
      v1::Claim claim;
      claim.set_node(node);
      claim.set_token("token-" + node);
      *claim.mutable_claimed_at() = to_timestamp(tick());
      run_.control->push_back({.sequence = run_.control->size() + 1,
                               .subject = "ctl." + context + '.' + std::to_string(slot),
                               .bytes = claim.SerializeAsString()});
      owners_[{context, slot}] = {.node = node, .epoch = run_.control->size()};
    }
  }
  void drain() {
    while (!pending_.empty()) {
      const auto next = std::move(pending_.front());
      pending_.pop_front();
      handle(next);
    }
  }

  /// What is left when everything is done.
  ShopRun finish() {
    for (const auto& model : models_) {
      auto& context = context_of(model.name);
      context.last_sequence = context.log.size();
      context.backlog = check::Backlog{
          .consumers = {{.name = "all"}}, .timers = {}, .parked = parked[model.name]};
      context.stream = check::StreamSummary{
          .created = to_timestamp(birth),
          .headers = {{"Nats-Expected-Last-Subject-Sequence", {context.log.size(), {1}}}}};
      accept(token(model.name), context.last_sequence);
      for (const auto& view : model.views) context.views[view.name] = projected(view, context);
    }
    look_at_processes();
    run_.states = check::fold_states(run_, models_);
    return run_;
  }
  /// Whoever runs the processes looks how much they hold.
  void look_at_processes() {
    const auto at = std::chrono::nanoseconds(tick() - birth).count();
    for (const auto* process : {"node-1", "node-2", "nats-1", "redis"})
      run_.processes->push_back({.at_ns = at,
                                 .process = process,
                                 .pid = 100,
                                 .rss_kb = 40'000,
                                 .threads = 100,
                                 .fds = 40,
                                 .instances = 300});
  }

  OrderFlow() {
    run_.history.emplace();
    run_.gateway.emplace();
    run_.mails.emplace();
    run_.control.emplace();
    run_.processes.emplace();
    v1::Layout layout;
    layout.set_slots(slots_default);
    run_.control->push_back(
        {.sequence = 1, .subject = "ctl.layout", .bytes = layout.SerializeAsString()});
    v1::System system;
    system.set_id("s-1");
    run_.control->push_back(
        {.sequence = 2, .subject = "ctl.system", .bytes = system.SerializeAsString()});
    for (const auto& model : models_) {
      run_.contexts.push_back({.context = model.name});
      claim(model.name, "n1");
    }
    look_at_processes();
  }

  /// The view as the product projects it.
  static ViewContent projected(const ViewModel& view, const check::ContextRun& context);

private:
  struct Pending {
    Instance instance;
    SharedMessage command;
    std::string id;
    std::string causation;
    Time issued_at;
  };
  struct Owner {
    std::string node;
    std::uint64_t epoch = 0;
  };
  struct Actor {
    MessagePtr state;
    std::uint64_t version = 0;
    std::string last_bytes;
  };

  /// Time goes on with whatever happens, for nodes and clients alike.
  Time tick() { return now_ += std::chrono::milliseconds(1); }

  check::ClientEvent& record(check::ClientEvent::Type type, check::CommandTry what) {
    check::ClientEvent event;
    event.type = type;
    event.at_ns = std::chrono::nanoseconds(tick() - birth).count();
    event.what = std::move(what);
    return run_.history->emplace_back(std::move(event));
  }
  /// The nodes take the stream for the right one.
  void accept(const Token& context, std::uint64_t last_sequence) {
    v1::Incarnation life;
    life.set_stream(stream_name(StreamKind::events, context));
    *life.mutable_created() = to_timestamp(birth);
    life.set_last_sequence(last_sequence);
    run_.control->push_back({.sequence = run_.control->size() + 1,
                             .subject = "ctl.incarnation." + life.stream(),
                             .bytes = life.SerializeAsString()});
  }

  static Message* copy(const Message& message) {
    auto* copied = message.New();
    copied->CopyFrom(message);
    return copied;
  }
  static Token token(const std::string& text) { return Token::parse(text).value(); }

  const ContextModel& model_of(const std::string& name) const {
    return *std::ranges::find(models_, name, &ContextModel::name);
  }
  check::ContextRun& context_of(const std::string& name) {
    return *std::ranges::find(run_.contexts, name, &check::ContextRun::context);
  }

  void handle(const Pending& asked) {
    const auto target = Subject::events(asked.instance).str().substr(std::string("evt.").size());
    if (std::ranges::count(lost, target + ' ' + asked.command->GetDescriptor()->name()) > 0) return;
    const auto& aggregate = aggregate_of(asked.instance);
    auto& actor = actor_of(asked.instance);
    tick();
    const auto decision = aggregate.decide(*actor.state, *asked.command,
                                           {.issued_at = asked.issued_at,
                                            .instance_id = asked.instance.id.str(),
                                            .command_id = asked.id});
    if (decision.rejection) return tell_rejected(asked, *decision.rejection, actor.version);
    if (decision.events.empty()) return tell_ok(asked, 0, 0, 0);

    const auto first = actor.version + 1;
    const auto sequence = record_events(
        asked, actor, decision.events,
        owners_[{asked.instance.context.str(), slot_of(asked.instance, slots_default)}]);
    tell_ok(asked, first, actor.version, sequence);
  }

  const AggregateModel& aggregate_of(const Instance& instance) const {
    return *model_of(instance.context.str()).aggregate(instance.aggregate.str());
  }
  Actor& actor_of(const Instance& instance) {
    auto& actor = actors_[instance];
    if (!actor.state) actor.state = aggregate_of(instance).new_state();
    return actor;
  }

  /// Its sequence.
  std::uint64_t record_events(const Pending& asked, Actor& actor,
                              const std::vector<MessagePtr>& events, const Owner& writer) {
    const auto first = actor.version + 1;
    const auto sequence = append(asked, actor, events, writer);
    for (std::size_t i = 0; i < events.size(); ++i) {
      aggregate_of(asked.instance).evolve(*actor.state, *events[i]);
      const EventFacts facts{.id = asked.instance.id.str(), .version = first + i, .time = now_};
      react(asked.instance, facts, *events[i]);
      call_outside(asked.instance, facts, *events[i]);
    }
    return sequence;
  }

  std::uint64_t append(const Pending& asked, Actor& actor, const std::vector<MessagePtr>& events,
                       const Owner& writer) {
    v1::Commit commit;
    commit.set_context(asked.instance.context.str());
    commit.set_aggregate(asked.instance.aggregate.str());
    commit.set_id(asked.instance.id.str());
    commit.set_first_version(actor.version + 1);
    commit.set_command_id(asked.id);
    commit.set_command_type(asked.command->GetDescriptor()->name());
    commit.set_command_hash(command_hash(commit.command_type(), *asked.command));
    commit.set_causation_id(asked.causation);
    *commit.mutable_committed_at() = to_timestamp(now_);
    commit.set_node(writer.node);
    commit.set_epoch(writer.epoch);
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
                          .causation = subject + '@' + std::to_string(facts.version),
                          .issued_at = facts.time});
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
    return std::make_unique<google::protobuf::Empty>();
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

  check::ClientEvent& answer_to(const Pending& asked, check::ClientEvent::Type type) {
    auto what = std::ranges::find(*run_.history, asked.id, [](const auto& e) {
                  return e.what.command_id;
                })->what;
    what.args.clear();
    return record(type, std::move(what));
  }
  void tell_ok(const Pending& asked, std::uint64_t first, std::uint64_t last,
               std::uint64_t sequence) {
    if (!asked.causation.empty()) return;
    answer_to(asked, check::ClientEvent::Type::ok).accepted = {
        .first_version = first,
        .last_version = last,
        .stream = first == 0 ? "" : stream_name(StreamKind::events, asked.instance.context),
        .sequence = sequence};
  }
  void tell_rejected(const Pending& asked, const Rejection& rejection, std::uint64_t version) {
    if (!asked.causation.empty()) return;
    answer_to(asked, check::ClientEvent::Type::rejected).rejection = {
        .code = RejectionCode::refused,
        .text = "refused",
        .reason = std::string(rejection.code),
        .decided_at = version};
  }

  const std::vector<ContextModel> models_ = all_contexts();
  std::map<Instance, Actor> actors_;
  std::map<std::pair<std::string, std::uint32_t>, Owner> owners_;  // by context and slot
  std::deque<Pending> pending_;
  static constexpr Time birth{std::chrono::hours(24 * 365 * 50)};
  Time now_ = birth;
  unsigned clients_commands_ = 0;
  ShopRun run_;
};

inline ViewContent OrderFlow::projected(const ViewModel& view, const check::ContextRun& context) {
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
  ViewContent content{.checkpoint = context.log.size(), .rows = {}};
  for (const auto& [key, row] : rows) content.rows[key] = row->SerializeAsString();
  return content;
}

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

/// Orders that end in every way, clients that are told everything there is to be told, and a slot
/// that changes hands. `lost` as in OrderFlow.
inline ShopRun good_run(std::vector<std::string> lost = {}) {
  OrderFlow flow;
  flow.lost = std::move(lost);
  flow.refused_by_gateway = {"authorize o-declined", "capture o-uncaptured"};
  receive(flow, "tea", 1'000);
  flow.send("ordering.order.o-confirmed", order_of("tea", 3));
  flow.send("ordering.order.o-scarce", order_of("coffee", 1));
  flow.send("ordering.order.o-declined", order_of("tea", 4));
  flow.send("ordering.order.o-uncaptured", order_of("tea", 5));
  flow.send("ordering.order.o-refunded", order_of("tea", 2));
  flow.send("ordering.order.o-refunded", order_of("tea", 2));
  flow.send("ordering.order.o-refunded", pb<ordering::v1::CancelOrder>("reason: 'too late'"));
  flow.send("ordering.order.o-refunded", pb<ordering::v1::CancelOrder>("reason: 'really'"));
  flow.send("ordering.order.o-refunded", order_of("tea", 2));
  flow.read("ordering", "orders");
  flow.claim("ordering", "n2");
  flow.queue("ordering.order.o-hasty", order_of("tea", 6));
  flow.send("ordering.order.o-hasty", pb<ordering::v1::CancelOrder>());
  flow.send("ordering.order.o-rejected", pb<ordering::v1::PlaceOrder>("currency: 'EUR'"));
  auto guest = order_of("tea", 1);
  guest.clear_customer_id();
  flow.send_twice("ordering.order.o-guest", guest);
  flow.send("ordering.order.o-guest", guest);
  flow.read("ordering", "orders");
  return flow.finish();
}

}  // namespace troupe::test
