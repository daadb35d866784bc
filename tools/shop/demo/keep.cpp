#include "tools/shop/demo/keep.hpp"

namespace troupe::tool {

namespace {

constexpr const char* a_new_order =
    R"('{"customer_id":"me","currency":"GBP","lines":[{"article_id":"mug","quantity":2,"unit_price_minor":799}]}')";

}  // namespace

std::string how_to_go_on(const Stage& stage, const std::filesystem::path& folder) {
  const auto& urls = stage.urls();
  const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto nats = "  nats --server " + urls.nats + " ";

  std::string text = "Everything keeps running.\n  NATS    " + urls.nats + "\n  Redis   "
                     + urls.redis + "\n  Health  " + urls.health + "/readyz\n  Files   "
                     + folder.string() + "\n\nLook around:\n";
  text += nats + "service ls\n";
  text += nats + "stream ls\n";
  text += nats + "stream view EVT_ORDERING --translate \"" + program + " decode\"\n";
  text += nats + "request cmd.inventory.stock.mug.ReceiveStock "
          + R"('{"reference":"d-1","quantity":10}')" + "\n";
  text += nats + "request cmd.ordering.order.my-1.PlaceOrder " + a_new_order + "\n";
  text += nats + "request qry.ordering.GetOrder " + R"('{"order_id":"my-1"}')" + "\n";
  text +=
      "  " + program + " state ordering.order.my-1 --nats " + urls.nats + "\n\nStop it:\n  kill";
  for (const auto& [name, pid] : stage.pids()) text += " " + std::to_string(pid);
  return text + " && rm -r " + folder.string();
}

}  // namespace troupe::tool
