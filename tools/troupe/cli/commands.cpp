#include "tools/troupe/cli/commands.hpp"

namespace troupe::tool {

void add_nats_option(CLI::App& command, std::string& url) {
  url = "nats://127.0.0.1:4222";
  command.add_option("--nats", url, "Address of a nats-server")
      ->envname("NATS_URL")
      ->capture_default_str();
}

}  // namespace troupe::tool
