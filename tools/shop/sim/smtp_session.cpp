#include "tools/shop/sim/smtp_session.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::tool {

namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool begins(std::string_view line, std::string_view verb) {
  return equal_ignoring_case(line.substr(0, verb.size()), verb);
}

/// The text between '<' and '>'.
std::string address_in(std::string_view line) {
  const auto open = line.find('<');
  const auto close = line.find('>', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  return std::string(line.substr(open + 1, close - open - 1));
}

}  // namespace

std::string SmtpSession::consume(std::string_view bytes) {
  std::string answers;
  pending_ += bytes;
  for (auto end = pending_.find('\n'); end != std::string::npos && !over_;
       end = pending_.find('\n')) {
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    answers += in_data_ ? data_line(line) : command(line);
  }
  if (pending_.size() > line_bytes_max) {
    over_ = true;
    answers += "500 line too long\r\n";
  }
  return answers;
}

std::string SmtpSession::command(std::string_view line) {
  if (begins(line, "EHLO") || begins(line, "HELO")) return "250 troupe\r\n";
  if (begins(line, "NOOP")) return "250 ok\r\n";
  if (begins(line, "RSET")) {
    sender_known_ = false;
    mail_ = {};
    return "250 ok\r\n";
  }
  if (begins(line, "MAIL FROM:")) {
    sender_known_ = true;
    mail_ = {};
    return "250 ok\r\n";
  }
  if (begins(line, "RCPT TO:")) {
    if (!sender_known_) return "503 MAIL comes first\r\n";
    mail_.to = address_in(line);
    return mail_.to.empty() ? "501 no address\r\n" : "250 ok\r\n";
  }
  if (begins(line, "DATA")) {
    if (mail_.to.empty()) return "503 RCPT comes first\r\n";
    in_data_ = true;
    return "354 end with a line that holds a dot only\r\n";
  }
  if (begins(line, "QUIT")) {
    over_ = true;
    return "221 goodbye\r\n";
  }
  return "500 not understood\r\n";
}

std::string SmtpSession::data_line(std::string_view line) {
  if (line == ".") {
    received_(mail_);
    in_data_ = false;
    sender_known_ = false;
    mail_ = {};
    return "250 taken\r\n";
  }
  if (line.starts_with('.')) line.remove_prefix(1);  // the client doubled it
  mail_.data += line;
  mail_.data += '\n';
  if (mail_.data.size() <= mail_bytes_max) return {};
  over_ = true;
  return "552 mail too large\r\n";
}

std::string mail_header(std::string_view data, std::string_view name) {
  while (!data.empty()) {
    const auto line = data.substr(0, data.find('\n'));
    if (line.empty()) return {};  // the body follows
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
      const auto value = line.find_first_not_of(" \t", colon + 1);
      return value == std::string_view::npos ? "" : std::string(line.substr(value));
    }
    data.remove_prefix(std::min(data.size(), line.size() + 1));
  }
  return {};
}

}  // namespace troupe::tool
