// Takes addresses apart, reads secrets, and tells nats.c.
#include "runtime/nats/client/security.hpp"

#include <algorithm>
#include <optional>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "runtime/base/printable.hpp"
#include "runtime/base/secrets.hpp"
#include "runtime/nats/client/nkey.hpp"

namespace troupe::nats {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

auto bad_address(std::string_view url, std::string_view why) {
  return permanent(fmt::format("The NATS address '{}' {}. Write it like nats://127.0.0.1:4222.",
                               redacted(url), why));
}

/// Adds one address.
Result<void> add(std::string_view url, Access& access, std::optional<UrlLogin>& login) {
  auto split = split_login(url);
  std::string_view rest = split.url;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    const auto name = rest.substr(0, scheme);
    if (name != "nats" && name != "tls") return bad_address(url, "is neither nats:// nor tls://");
    access.tls = access.tls || name == "tls";
    rest.remove_prefix(scheme + 3);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) return bad_address(url, "names no server");
  if (!is_printable(rest) || rest.find_first_of(" /@") != std::string_view::npos)
    return bad_address(url, "is not usable");
  if (split.login && login
      && (split.login->user != login->user || split.login->password != login->password))
    return bad_address(url, "names another user than the one before");
  if (split.login) login = std::move(split.login);
  access.servers.push_back("nats://" + std::string(rest));
  return {};
}

Result<void> take_addresses(std::string_view urls, Access& access, std::optional<UrlLogin>& login) {
  for (std::size_t begin = 0; begin <= urls.size();) {
    const std::size_t end = std::min(urls.find(',', begin), urls.size());
    if (auto added = add(trimmed(urls.substr(begin, end - begin)), access, login); !added)
      return added;
    begin = end + 1;
  }
  access.address = redacted(urls);
  return {};
}

Result<void> take_tls(Access& access) {
  const auto& files = access.files;
  if (files.tls_cert.empty() != files.tls_key.empty())
    return permanent("nats.tls.cert and nats.tls.key belong together: name both or none");
  access.tls = access.tls || files.tls_required || !files.tls_ca.empty() || !files.tls_cert.empty();
  if (files.tls_key.empty()) return {};
  return read_secret(files.tls_key).map([](const std::string&) {});
}

/// By a key that never leaves this process.
Result<void> take_signer(Access& access, const std::string& file, const char* what) {
  const auto secret = read_secret(file);
  if (!secret) return tl::make_unexpected(secret.error());
  auto key = public_key_of_seed(*secret);
  if (!key) return permanent(fmt::format("{} {}: {}", what, file, key.error().what));
  access.user = std::move(*key);
  access.who = fmt::format("{} {}", what, file);
  access.signs = true;
  return {};
}

Result<void> take_password(Access& access) {
  const auto& files = access.files;
  if (files.user.empty()) return permanent("nats.password_file needs nats.user");
  if (files.password_file.empty()) return permanent("nats.user needs nats.password_file");
  auto password = read_secret_line(files.password_file);
  if (!password) return tl::make_unexpected(password.error());
  access.user = files.user;
  access.password = std::move(*password);
  access.who = fmt::format("the user '{}'", access.user);
  return {};
}

void take_url_login(Access& access, UrlLogin login) {
  access.who =
      login.password ? fmt::format("the user '{}'", login.user) : "the token in the address";
  access.user = login.password ? login.user : "";
  access.password = login.password.value_or(login.user);
}

Result<void> take_login(Access& access, std::optional<UrlLogin> from_url) {
  const auto& files = access.files;
  const bool by_password = !files.user.empty() || !files.password_file.empty();
  const int ways = (files.creds.empty() ? 0 : 1) + (files.nkey_seed.empty() ? 0 : 1)
                   + (by_password ? 1 : 0) + (from_url ? 1 : 0);
  if (ways > 1)
    return permanent(
        "say in one way only who connects to NATS: nats.creds, nats.nkey_seed, nats.user, or a "
        "login in the address");
  access.login = ways == 1;
  access.who = "a client without a login";
  if (!files.creds.empty()) return take_signer(access, files.creds, "the credentials in");
  if (!files.nkey_seed.empty()) return take_signer(access, files.nkey_seed, "the key in");
  if (by_password) return take_password(access);
  if (from_url) take_url_login(access, std::move(*from_url));
  return {};
}

/// nats.c writes these into JSON as they are.
std::string escaped(const std::string& text) {
  const auto quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

natsStatus apply_tls(const Access& access, natsOptions* options) {
  natsStatus status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && !access.files.tls_ca.empty())
    status = natsOptions_LoadCATrustedCertificates(options, access.files.tls_ca.c_str());
  if (status == NATS_OK && !access.files.tls_cert.empty())
    status = natsOptions_LoadCertificatesChain(options, access.files.tls_cert.c_str(),
                                               access.files.tls_key.c_str());
  return status;
}

natsStatus apply_login(const Access& access, natsOptions* options) {
  if (!access.files.creds.empty())
    return natsOptions_SetUserCredentialsFromFiles(options, access.files.creds.c_str(), nullptr);
  if (access.signs)
    return natsOptions_SetNKeyFromSeed(options, access.user.c_str(),
                                       access.files.nkey_seed.c_str());
  if (access.user.empty()) return natsOptions_SetToken(options, escaped(access.password).c_str());
  return natsOptions_SetUserInfo(options, escaped(access.user).c_str(),
                                 escaped(access.password).c_str());
}

}  // namespace

std::string last_words(natsStatus status) {
  const char* detail = nats_GetLastError(nullptr);
  return detail != nullptr && *detail != '\0' ? detail : natsStatus_GetText(status);
}

Result<Access> access_to(std::string_view urls, const Security& security) {
  Access access;
  access.files = security;
  std::optional<UrlLogin> login;
  if (auto taken = take_addresses(urls, access, login); !taken)
    return tl::make_unexpected(taken.error());
  if (auto taken = take_tls(access); !taken) return tl::make_unexpected(taken.error());
  if (auto taken = take_login(access, std::move(login)); !taken)
    return tl::make_unexpected(taken.error());
  return access;
}

Result<void> apply(const Access& access, natsOptions* options) {
  std::vector<const char*> servers;
  for (const auto& server : access.servers) servers.push_back(server.c_str());
  if (natsOptions_SetServers(options, servers.data(), static_cast<int>(servers.size())) != NATS_OK)
    return bad_address(access.address, "is not usable");
  if (access.tls)
    if (const auto status = apply_tls(access, options); status != NATS_OK)
      return permanent("TLS to NATS cannot be used as nats.tls says: " + last_words(status));
  if (access.login)
    if (const auto status = apply_login(access, options); status != NATS_OK)
      return permanent("nats.c does not take " + access.who + ": " + last_words(status));
  return {};
}

}  // namespace troupe::nats
