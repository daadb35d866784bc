// A NATS client that sends what no library would.
#pragma once

#include <cstdint>
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
  /// Publishes to a stream and returns the sequence at which the message was stored.
  std::uint64_t store(std::string_view subject, std::string_view body,
                      std::string_view headers = {});

private:
  void write(std::string_view text);
  std::string read_until(std::string_view end);

  int socket_ = -1;
};

}  // namespace troupe::test
