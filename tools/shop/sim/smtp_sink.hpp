// A mail server that takes every mail, delivers none and writes all of them down.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/result.hpp"
#include "tools/shop/books/mail_ledger.hpp"

namespace troupe::tool {

/// Listens on loopback with one thread of its own until destroyed. Thread safe.
class SmtpSink {
public:
  /// Above this further clients wait to be accepted.
  static constexpr std::size_t clients_max = 64;

  /// `port` 0: any free one. Mails are recorded before their senders are told that they were taken.
  static Result<std::unique_ptr<SmtpSink>> start(MailLedger& ledger, std::uint16_t port = 0);

  virtual ~SmtpSink() = default;
  virtual std::uint16_t port() const = 0;
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port()); }
};

}  // namespace troupe::tool
