#include "tools/shop/demo/reader.hpp"

#include <memory>
#include <utility>

#include "inventory/v1/rows.pb.h"
#include "ordering/v1/commands.pb.h"
#include "ordering/v1/rows.pb.h"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::tool {

namespace {

template <class Question>
ViewQuestion question(const std::string& context, const std::string& view, Question body) {
  return {.subject =
              Subject::query(*Token::parse(context), *Token::parse(Question::descriptor()->name())),
          .view = context + '/' + view,
          .body = std::make_shared<Question>(std::move(body))};
}

ordering::v1::GetOrder get_order(const std::string& id) {
  ordering::v1::GetOrder get;
  get.set_order_id(id);
  return get;
}

ordering::v1::GetCustomerOrders get_customer_orders(const std::string& customer) {
  ordering::v1::GetCustomerOrders get;
  get.set_customer_id(customer);
  return get;
}

inventory::v1::GetStock get_stock(const std::string& article) {
  inventory::v1::GetStock get;
  get.set_article_id(article);
  return get;
}

/// Also when the answer is that there is no such row.
bool is_read(const nats::ClientReply& reply) {
  const bool answered =
      reply.kind == nats::ClientReply::Kind::accepted || reply.code == nats::code::no_such_thing;
  return answered && !reply.position.stream.empty();
}

}  // namespace

std::vector<ViewQuestion> questions_about(const Wish& wish) {
  const auto* order = dynamic_cast<const ordering::v1::PlaceOrder*>(wish.body.get());
  if (order == nullptr) return {};
  std::vector<ViewQuestion> questions{
      question("ordering", "orders", get_order(wish.instance.id.str()))};
  if (!order->customer_id().empty())
    questions.push_back(
        question("ordering", "customer-orders", get_customer_orders(order->customer_id())));
  if (!order->lines().empty())
    questions.push_back(question("inventory", "stock", get_stock(order->lines(0).article_id())));
  return questions;
}

Reader::Reader(double per_second, nats::Connection& connection, check::History& history)
    : between_(static_cast<std::int64_t>(1'000 / per_second)),
      client_(connection),
      history_(history),
      thread_([this] { run(); }) {}

void Reader::end() {
  stop_.stop();
  if (thread_.joinable()) thread_.join();
}

void Reader::finish() {
  end();
  const std::lock_guard lock(mutex_);
  for (const auto& question : questions_) ask(question);
}

void Reader::note(const Wish& wish) {
  auto questions = questions_about(wish);
  if (questions.empty()) return;
  const std::lock_guard lock(mutex_);
  questions_ = std::move(questions);
}

void Reader::run() {
  for (std::size_t turn = 0; stop_.wait_for(between_); ++turn) {
    std::vector<ViewQuestion> questions;
    {
      const std::lock_guard lock(mutex_);
      questions = questions_;
    }
    if (!questions.empty()) ask(questions[turn % questions.size()]);
  }
}

void Reader::ask(const ViewQuestion& question) {
  const Token context = *Token::parse(question.subject.tokens()[1]);
  const auto seen = seen_.find(stream_name(StreamKind::events, context));
  nats::ClientHeaders headers;
  if (seen != seen_.end()) headers.at_least = seen->second;
  const auto reply = client_.send_and_wait(question.subject, question.body->SerializeAsString(),
                                           nats::BodyForm::protobuf, headers, timeout);
  if (!is_read(reply)) return;
  history_.read(process, {.view = question.view, .position = reply.position.sequence});
  seen_[reply.position.stream] = reply.position;
}

}  // namespace troupe::tool
