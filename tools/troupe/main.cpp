// The operator's program: it asks any Troupe system, and needs no context's code for that.
#include "runtime/program/command_line.hpp"
#include "tools/troupe/new_command.hpp"

int main(int argc, char** argv) {
  const troupe::program::Parts parts{.name = "troupe",
                                     .summary = "Asks services on Troupe, whoever's they are"};
  troupe::program::CommandLine line(parts);
  for (const auto add : {troupe::program::add_send_command, troupe::program::add_query_command,
                         troupe::program::add_decode_command, troupe::tool::add_new_command})
    add(line.app(), line.run(), parts);
  return line.run(argc, argv);
}
