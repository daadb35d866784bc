// Names the code that this process runs, for contexts that do not say what folds their events.
#pragma once

#include <string>

namespace troupe::host {

/// The hash of the program and of all libraries that it has loaded: never the same for other code,
/// and another one with every build that changes anything. Reads all these files.
std::string program_fingerprint();

}  // namespace troupe::host
