#include "runtime/host/program_fingerprint.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "runtime/ports/identity.hpp"

namespace troupe::host {

namespace {

/// The files whose code is mapped, this program's among them.
std::set<std::string> files_with_code() {
  std::set<std::string> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string addresses, rights, offset, device, inode, path;
    fields >> addresses >> rights >> offset >> device >> inode >> std::ws;
    std::getline(fields, path);
    if (rights.find('x') != std::string::npos && path.starts_with('/')) files.insert(path);
  }
  return files;
}

}  // namespace

std::string program_fingerprint() {
  const auto files = files_with_code();
  std::string hashes;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty()) return random_id();  // replaced meanwhile: nothing is known of what runs
    hashes += sha256(bytes);
  }
  return hashes.empty() ? random_id() : to_hex(sha256(hashes));
}

}  // namespace troupe::host
