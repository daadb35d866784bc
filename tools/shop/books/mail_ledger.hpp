// Every mail that arrived, repeats included: mail.jsonl.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/check/history/json_lines.hpp"

namespace troupe::tool {

inline constexpr std::string_view mail_ledger_file = "mail.jsonl";

struct ReceivedMail {
  std::string message_id;
  std::string to;
  std::string subject;
  std::string order_id;
  std::string kind;  ///< confirmed, cancelled or refunded
};

/// Records. Thread safe.
class MailLedger {
public:
  /// Opens or creates mail.jsonl in an existing folder.
  static Result<MailLedger> open(const std::filesystem::path& folder);

  void record(const ReceivedMail& mail);

private:
  explicit MailLedger(check::JsonLinesWriter lines) : lines_(std::move(lines)) {}

  check::JsonLinesWriter lines_;
};

Result<std::vector<ReceivedMail>> read_mail_ledger(const std::filesystem::path& folder);

}  // namespace troupe::tool
