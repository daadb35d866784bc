// The order flow as a program: a node, and what drives and checks it.
#include "runtime/program/command_line.hpp"
#include "tools/shop/books/shop_invariants.hpp"
#include "tools/shop/commands/commands.hpp"
#include "tools/shop/shop.hpp"

int main(int argc, char** argv) {
  auto parts = troupe::tool::shop().parts();
  parts.invariants = std::make_shared<troupe::tool::ShopInvariants>();
  troupe::program::CommandLine line(parts);
  line.add_commands_of_a_service();
#ifdef SHOP_HAS_LABORATORY
  troupe::tool::add_demo_command(line);
  troupe::tool::add_drive_command(line);
  troupe::tool::add_gateway_command(line);
  troupe::tool::add_mail_sink_command(line);
#endif
  return line.run(argc, argv);
}
