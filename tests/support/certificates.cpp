#include "tests/support/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>

namespace troupe::test {

namespace {

void openssl(const std::string& arguments) {
  const auto command = "openssl " + arguments + " >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: openssl " + arguments);
}

void make_key(const std::string& file) {
  openssl("ecparam -name prime256v1 -genkey -noout -out '" + file + "'");
  chmod(file.c_str(), 0600);
}

}  // namespace

Authority::Authority(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {
  make_key(path(name_ + ".key"));
  openssl("req -x509 -new -key '" + path(name_ + ".key") + "' -days 30 -subj /CN=" + name_
          + " -addext basicConstraints=critical,CA:TRUE -out '" + certificate() + "'");
}

Authority::Pair Authority::issue(const std::string& name, const std::string& alternative,
                                 int days) const {
  const auto stem = name_ + "-" + name;
  Pair pair{path(stem + ".pem"), path(stem + ".key")};
  make_key(pair.key);
  openssl("req -new -key '" + pair.key + "' -subj /CN=" + name + " -out '" + path(stem + ".csr")
          + "'");
  std::ofstream(path(stem + ".ext")) << "subjectAltName=" << alternative << "\n";
  openssl("x509 -req -in '" + path(stem + ".csr") + "' -CA '" + certificate() + "' -CAkey '"
          + path(name_ + ".key") + "' -CAcreateserial -days " + std::to_string(days) + " -extfile '"
          + path(stem + ".ext") + "' -out '" + pair.certificate + "'");
  return pair;
}

}  // namespace troupe::test
