// Turns received mails into lines and back.
#include "tools/shop/books/mail_ledger.hpp"

#include <utility>

namespace troupe::tool {

namespace {

ReceivedMail parsed(const nlohmann::json& line) {
  return {.message_id = line.at("message_id"),
          .to = line.at("to"),
          .subject = line.at("subject"),
          .order_id = line.at("order_id"),
          .kind = line.at("kind")};
}

}  // namespace

Result<MailLedger> MailLedger::open(const std::filesystem::path& folder) {
  return check::JsonLinesWriter::open(folder / mail_ledger_file)
      .map([](check::JsonLinesWriter lines) { return MailLedger(std::move(lines)); });
}

void MailLedger::record(const ReceivedMail& mail) {
  lines_.write({{"message_id", mail.message_id},
                {"to", mail.to},
                {"subject", mail.subject},
                {"order_id", mail.order_id},
                {"kind", mail.kind}});
}

Result<std::vector<ReceivedMail>> read_mail_ledger(const std::filesystem::path& folder) {
  return check::read_json_lines(folder / mail_ledger_file, parsed);
}

}  // namespace troupe::tool
