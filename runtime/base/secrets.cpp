#include "runtime/base/secrets.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/printable.hpp"

namespace troupe {

namespace {

constexpr std::string_view after_scheme = "://";

struct Descriptor {
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number;
};

/// Why the open file may not hold a secret, or empty.
std::string objection(const struct stat& facts) {
  if (!S_ISREG(facts.st_mode)) return "is no regular file";
  if (facts.st_uid != geteuid() && facts.st_uid != 0)
    return fmt::format("belongs to another user ({})", facts.st_uid);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fmt::format("may be used by others (mode {:04o}); chmod 600 it", facts.st_mode & 07777U);
  if (facts.st_size == 0) return "is empty";
  if (facts.st_size > static_cast<off_t>(secret_bytes_max)) return "is too long for a secret";
  return {};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace

Result<std::string> read_secret(const std::string& file) {
  // Not blocking: opening a pipe would wait for whoever writes it.
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (opened.number < 0 || fstat(opened.number, &facts) != 0)
    return permanent(
        fmt::format("the secret file {} cannot be read: {}", file, std::strerror(errno)));
  if (const auto what = objection(facts); !what.empty())
    return permanent(fmt::format("the secret file {} {}", file, what));
  std::string text(secret_bytes_max, '\0');
  const auto size = read(opened.number, text.data(), text.size());
  if (size <= 0) return permanent(fmt::format("the secret file {} cannot be read", file));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<std::string> read_secret_line(const std::string& file) {
  auto line = read_secret(file);
  if (!line) return line;
  if (line->ends_with('\n')) line->pop_back();
  if (line->ends_with('\r')) line->pop_back();
  if (line->empty()) return permanent(fmt::format("the secret file {} is empty", file));
  if (!is_printable(*line))
    return permanent(fmt::format(
        "the secret file {} holds more than one line, or what is no text; it must be one line",
        file));
  return line;
}

SplitUrl split_login(std::string_view url) {
  const auto scheme = url.find(after_scheme);
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + after_scheme.size();
  const std::size_t end = std::min(url.find('/', begin), url.size());
  const auto at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < begin) return {std::string(url), std::nullopt};
  const auto login = url.substr(begin, at - begin);
  const auto colon = login.find(':');
  SplitUrl split{std::string(url.substr(0, begin)) + std::string(url.substr(at + 1)), UrlLogin{}};
  split.login->user = percent_decoded(login.substr(0, colon));
  if (colon != std::string_view::npos)
    split.login->password = percent_decoded(login.substr(colon + 1));
  return split;
}

// Also of what is no address: from where a login can begin at the earliest to where it can end at
// the latest.
std::string redacted(std::string_view urls) {
  std::string text;
  for (auto at = urls.find('@'); at != std::string_view::npos; at = urls.find('@')) {
    const auto scheme = urls.substr(0, at).find(after_scheme);
    if (scheme != std::string_view::npos) text += urls.substr(0, scheme + after_scheme.size());
    text += "***@";
    urls.remove_prefix(at + 1);
  }
  return text + std::string(urls);
}

}  // namespace troupe
