// The server's side of one SMTP conversation (RFC 5321), as far as a sink for mail needs it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace troupe::tool {

struct SmtpMail {
  std::string to;    ///< the last recipient
  std::string data;  ///< headers and body, lines end with LF
};

/// Fed with what the client sends, returns what to answer. Not thread safe.
class SmtpSession {
public:
  static constexpr std::size_t mail_bytes_max = 1U << 20U;
  static constexpr std::size_t line_bytes_max = 4'096;

  /// `received` runs for each mail before the client is told that it was taken.
  explicit SmtpSession(std::function<void(const SmtpMail&)> received)
      : received_(std::move(received)) {}

  std::string greeting() const { return "220 troupe mail sink\r\n"; }
  std::string consume(std::string_view bytes);
  /// The client has said goodbye or a bound is exceeded: send what was returned and hang up.
  bool over() const noexcept { return over_; }

private:
  std::string command(std::string_view line);
  std::string data_line(std::string_view line);

  std::function<void(const SmtpMail&)> received_;
  std::string pending_;  // a line that has not ended
  SmtpMail mail_;
  bool sender_known_ = false;
  bool in_data_ = false;
  bool over_ = false;
};

/// The value of a mail's header, or empty. Names are compared without regard to case.
std::string mail_header(std::string_view data, std::string_view name);

}  // namespace troupe::tool
