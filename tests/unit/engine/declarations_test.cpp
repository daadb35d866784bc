// What is wrong with a program's contexts is one sentence before anything runs.
#include "runtime/engine/declarations.hpp"

#include <catch2/catch_all.hpp>

#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/mirror.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using Catch::Matchers::ContainsSubstring;

ContextModel bank(std::string name = "example") {
  auto model = model_of<Bank>();
  model.name = std::move(name);
  return model;
}

std::string complaint(const std::vector<ContextModel>& contexts) {
  const auto checked = check_declarations(contexts);
  return checked ? std::string() : checked.error().what;
}

}  // namespace

TEST_CASE("contexts that make sense are no complaint", "[engine][declarations]") {
  CHECK(complaint({model_of<Bank>(), model_of<Mirror>()}).empty());
}

TEST_CASE("two contexts do not share a name or a stream", "[engine][declarations]") {
  CHECK(complaint({bank(), bank()}) == "two contexts have the name example");
  auto loud = model_of<Mirror>();
  loud.name = "a_b";
  auto quiet = model_of<Mirror>();
  quiet.name = "A-b";
  CHECK(complaint({loud, quiet}) == "the contexts a_b and A-b would share the stream EVT_A_B: "
                                    "rename one");
}

TEST_CASE("a context has no name that Troupe uses", "[engine][declarations]") {
  const auto* name = GENERATE("layout", "incarnation", "declared", "skip", "", "a b", "a.b");
  CHECK_THAT(complaint({bank(name)}), ContainsSubstring("cannot name a context"));
}

TEST_CASE("parts of one kind differ in their names", "[engine][declarations]") {
  auto model = bank();
  const auto kind = GENERATE(as<std::string>(), "aggregates", "views", "queries");
  if (kind == "aggregates") model.aggregates.push_back(model.aggregates.front());
  if (kind == "views") model.views.push_back(model.views.front());
  if (kind == "queries") model.queries.push_back(model.queries.front());
  CHECK_THAT(complaint({model}), ContainsSubstring("example has two " + kind + " with the name"));
}

TEST_CASE("no two effects have or had a name", "[engine][declarations]") {
  auto model = bank();
  const auto effect = [](std::string name, std::string formerly) {
    EffectModel made;
    made.name = std::move(name);
    made.formerly = std::move(formerly);
    made.aggregate = "account";
    return made;
  };
  model.effects = {effect("pay", "charge"), effect("give-back", "refund")};
  CHECK(complaint({model}).empty());
  model.effects.push_back(effect("charge", ""));
  CHECK_THAT(complaint({model}), ContainsSubstring("two effects that are or were charge"));
  model.effects.back() = effect("take", "charge");
  CHECK_THAT(complaint({model}), ContainsSubstring("two effects that are or were charge"));
}

TEST_CASE("a context records and projects events of its own package", "[engine][declarations]") {
  CHECK_THAT(complaint({bank("billing")}),
             ContainsSubstring("billing's account records example.v1.MoneyDeposited, which belongs "
                               "to the context example by its package"));
  auto views_only = bank("billing");
  views_only.aggregates.clear();
  CHECK_THAT(complaint({views_only}), ContainsSubstring("a view folds events of its own context"));
}

TEST_CASE("what is for an aggregate is in the aggregate's context", "[engine][declarations]") {
  auto model = model_of<Mirror>();
  model.aggregates.clear();
  CHECK(complaint({model})
        == "mirror's book-deposits is for the aggregate ledger, which is not a part of that "
           "context");
}

TEST_CASE("a reason that is expected is one that can travel", "[engine][declarations]") {
  auto model = model_of<Mirror>();
  static const std::string long_one(129, 'x');
  const auto reason = GENERATE(std::string_view(), std::string_view("a b"),
                               std::string_view("a\r\nb"), std::string_view(long_one));
  model.reactions.front().expected = {Rejection{reason}};
  CHECK_THAT(complaint({model}), ContainsSubstring("mirror's book-deposits expects a rejection"));
}

TEST_CASE("a node does not start with such contexts", "[engine][declarations]") {
  World world;
  CHECK_THROWS_WITH(Node(world, {bank(), bank()}),
                    ContainsSubstring("two contexts have the name example"));
}

TEST_CASE("a message's context is the part of its package before the version",
          "[engine][declarations]") {
  CHECK(context_of("ordering.v1.OrderPlaced") == "ordering");
  CHECK(context_of("acme.ordering.v1.OrderPlaced") == "ordering");
  CHECK(context_of("acme.shop.ordering.v2beta1.Order.Line") == "ordering");
  CHECK(context_of("ordering.OrderPlaced") == "ordering");
  CHECK(context_of("google.protobuf.Int64Value") == "google");
  CHECK(context_of("vendor.v1.Paid") == "vendor");
  CHECK(context_of("Alone") == "Alone");
}

}  // namespace troupe::engine::test
