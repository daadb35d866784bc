// Certificates made for one test, by the openssl program.
#pragma once

#include <filesystem>
#include <string>

namespace troupe::test {

/// An authority and what it has signed, as files in a folder.
class Authority {
public:
  /// `folder` exists; files of two authorities in it have different names.
  Authority(std::filesystem::path folder, std::string name);

  std::string certificate() const { return path(name_ + ".pem"); }

  struct Pair {
    std::string certificate;
    std::string key;  ///< only the owner may read it
  };
  /// Signed for a server at `host`, such as IP:127.0.0.1 or DNS:localhost.
  Pair server(const std::string& host) const { return issue("server", host, 30); }
  /// Signed for a client with this name.
  Pair client(const std::string& name) const { return issue(name, "DNS:" + name, 30); }
  /// The same, but its time is over.
  Pair expired_client(const std::string& name) const { return issue(name, "DNS:" + name, -1); }

private:
  std::string path(const std::string& file) const { return (folder_ / file).string(); }
  Pair issue(const std::string& name, const std::string& alternative, int days) const;

  const std::filesystem::path folder_;
  const std::string name_;
};

}  // namespace troupe::test
