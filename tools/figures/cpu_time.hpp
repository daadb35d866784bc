// How much processor time a process has used.
#pragma once

#include <string>

#include <sys/types.h>

namespace troupe::tool {

/// Seconds in user and kernel mode since its start, from what the kernel says; 0 when it is gone.
double cpu_seconds(pid_t process);

/// Bytes of memory that it holds, 0 when it is gone.
std::size_t resident_bytes(pid_t process);

}  // namespace troupe::tool
