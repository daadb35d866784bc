#include "runtime/curl/smtp.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>

#include "runtime/base/secrets.hpp"
#include "runtime/curl/handles.hpp"

namespace troupe::curl {

namespace {

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return std::iscntrl(c) != 0; });
}

bool safe(const Envelope& envelope) {
  return printable(envelope.from) && printable(envelope.to)
         && std::ranges::all_of(envelope.headers, [](const auto& header) {
              return printable(header.first) && printable(header.second);
            });
}

/// The mail as it goes over the wire: lines end with CR LF.
std::string render(const Envelope& envelope) {
  std::string text;
  for (const auto& [name, value] : envelope.headers) text += name + ": " + value + "\r\n";
  text += "\r\n";
  for (const char c : envelope.body) {
    if (c == '\r') continue;
    if (c == '\n') text += '\r';
    text += c;
  }
  return text + "\r\n";
}

struct Upload {
  std::string text;
  std::size_t sent = 0;
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* from) {
  auto& upload = *static_cast<Upload*>(from);
  const std::size_t bytes = std::min(size * count, upload.text.size() - upload.sent);
  std::memcpy(to, upload.text.data() + upload.sent, bytes);
  upload.sent += bytes;
  return bytes;
}

}  // namespace

Result<void> send_mail(const std::string& url, const Envelope& envelope,
                       std::chrono::milliseconds timeout) {
  if (!safe(envelope)) return permanent("an address or header of the mail has a control character");
  const Easy easy = make_easy();
  List recipients;
  append(recipients, "<" + envelope.to + ">");
  Upload upload{.text = render(envelope)};
  const std::string from = "<" + envelope.from + ">";
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, give);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &upload);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) return {};
  long answer = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer);
  const std::string what = redacted(url) + ": " + curl_easy_strerror(code)
                           + (answer != 0 ? " (" + std::to_string(answer) + ")" : "");
  if (answer >= 500 && answer < 600) return permanent(what);
  return retryable(what);
}

}  // namespace troupe::curl
