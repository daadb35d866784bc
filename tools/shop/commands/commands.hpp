// What the shop's program has beside the commands of any service; each adds itself.
#pragma once

#include "runtime/program/command_line.hpp"

namespace troupe::tool {

void add_demo_command(program::CommandLine& line);
void add_drive_command(program::CommandLine& line);
void add_gateway_command(program::CommandLine& line);
void add_mail_sink_command(program::CommandLine& line);

}  // namespace troupe::tool
