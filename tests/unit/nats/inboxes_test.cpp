// Which subjects are inboxes.
#include "runtime/nats/client/inboxes.hpp"

#include <string>

#include <catch2/catch_all.hpp>

using namespace troupe::nats;

TEST_CASE("NATS's inboxes, and those that are configured, are inboxes", "[nats]") {
  const Inboxes inboxes({"_INBOX_b", "clients.inbox"});
  for (const auto* subject :
       {"_INBOX.a", "_INBOX.a.1", "_R_.hash.1", "_GR_.cluster.server._INBOX.a", "_INBOX_b.x",
        "clients.inbox.a", "_INBOX.\xc3\xb6"}) {
    INFO(subject);
    CHECK(inboxes.contains(subject));
  }
}

TEST_CASE("all else is none", "[nats]") {
  const Inboxes inboxes({"_INBOX_b"});
  for (const std::string& subject :
       {std::string(), std::string("_INBOX"), std::string("_INBOX."), std::string("_INBOXES.a"),
        std::string("_inbox.a"), std::string("_INBOX_c.a"), std::string("a._INBOX.a"),
        std::string("_INBOX..a"), std::string("_INBOX.a."), std::string("_INBOX.*"),
        std::string("_R_.>"), std::string("_GR_.a\r\nPUB b 0"), std::string("_R_.a b"),
        std::string("_INBOX.\0", 8), std::string("$JS.ACK.a.b.1.2.3.4.5"),
        std::string("evt.inventory.stock.mug"),
        "_INBOX." + std::string(Inboxes::length_max, 'a')}) {
    INFO(subject);
    CHECK_FALSE(inboxes.contains(subject));
  }
}
