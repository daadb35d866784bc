// A NATS client that sends what no library would.
#pragma once

#include <string>
#include <string_view>

namespace troupe::test {

/// Writes the protocol by itself. Throws when the server does not take it.
class RawNats {
public:
  /// Of the form nats://127.0.0.1:4222.
  explicit RawNats(const std::string& url);
  ~RawNats();
  RawNats(const RawNats&) = delete;
  RawNats& operator=(const RawNats&) = delete;

  /// `headers`: lines of `key: value`, or nothing.
  void publish(std::string_view subject, std::string_view reply, std::string_view body,
               std::string_view headers = {});
  /// Returns when the server has read all that was published.
  void flush();

private:
  void write(std::string_view text);

  int socket_ = -1;
};

}  // namespace troupe::test
