#include "runtime/nats/client/admission.hpp"

#include <array>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/client/server_info.hpp"

namespace troupe::nats {

namespace {

constexpr std::size_t url_max = 1'024;

}  // namespace

Result<void> look_before(const Access& access, std::chrono::milliseconds patience) {
  if (!access.tls || !access.files.tls_cert.empty()) return {};
  for (const auto& server : access.servers)
    if (const auto info = read_server_info(server, patience); info && info->asks_certificate)
      return retryable(
          fmt::format("NATS at {} asks for a certificate: name one by nats.tls.cert and "
                      "nats.tls.key.",
                      access.address));
  return {};
}

Result<void> look_after(const Access& access, natsConnection* connection,
                        std::chrono::milliseconds patience) {
  if (!access.login) return {};
  std::array<char, url_max> url{};
  natsConnection_GetConnectedUrl(connection, url.data(), url.size());
  const auto info = read_server_info(url.data(), patience);
  if (!info) return tl::make_unexpected(info.error());
  if (info->asks_who) return {};
  return retryable(
      fmt::format("NATS at {} lets anybody in, so that it did not check {}. Give it users, or ask "
                  "for no login.",
                  access.address, access.who));
}

Failure refusal(const Access& access, natsStatus status) {
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
      return {fmt::format("NATS at {} refuses {}: {}.", access.address, access.who,
                          last_words(status))};
    case NATS_SECURE_CONNECTION_WANTED:
      return {fmt::format("NATS at {} does not insist on TLS, which nats.tls asks for.",
                          access.address)};
    case NATS_SSL_ERROR:
      return {fmt::format("TLS with NATS at {} fails: {}.", access.address, last_words(status))};
    case NATS_INVALID_ARG:
      return {fmt::format("The NATS address '{}' is not usable. Write it like "
                          "nats://127.0.0.1:4222.",
                          access.address),
              false};
    default:
      return {
          fmt::format("No NATS server answers at {}: {}. Start nats-server or correct the "
                      "address.",
                      access.address, natsStatus_GetText(status))};
  }
}

std::string stuck(const Access& access) {
  return fmt::format(
      "NATS at {} takes a connection, but does not let it be used{}.", access.address,
      access.files.tls_cert.empty() ? ""
                                    : "; perhaps it does not accept the certificate that "
                                      "nats.tls.cert names");
}

std::string closed_for_good(const Access& access, std::string_view reason) {
  if (reason.find("maximum subscriptions") != std::string_view::npos)
    return fmt::format(
        "NATS at {} allows this client no more subscriptions ({}): raise max_subscriptions there, "
        "or let the node have fewer contexts or cluster.slots.",
        access.address, reason);
  return fmt::format("NATS at {} does not serve {} any more: {}.", access.address, access.who,
                     reason.empty() ? "no reason given" : reason);
}

}  // namespace troupe::nats
