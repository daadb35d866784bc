// A small HTTP server for a few short answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::host {

struct HttpAnswer {
  int status = 200;
  std::string body{};
  std::string content_type = "text/plain";
};

/// Valid while it is answered.
class HttpRequest {
public:
  virtual ~HttpRequest() = default;
  virtual std::string_view method() const = 0;
  virtual std::string_view path() const = 0;  ///< without what follows a question mark
  virtual std::string_view body() const = 0;
  virtual std::string_view header(const char* name) const = 0;  ///< empty when it has none
};

/// What is taken at all. A HEAD is answered as a GET, without the body.
struct HttpTaken {
  std::vector<std::string_view> methods;  ///< others are answered with 405
  std::size_t body_bytes_max = 0;         ///< a longer body is answered with 413 and not read
};

/// One thread serves all connections, so that one that is silent or slow holds up nobody. Whatever
/// a client sends costs no more than these bounds.
class HttpServer {
public:
  /// Further ones wait, until one is silent for `idle_max`.
  static constexpr unsigned connections_max = 256;
  static constexpr unsigned idle_max_s = 2;
  /// Of one connection, for what stands before the body; more is answered with 431 or 414.
  static constexpr std::size_t head_bytes_max = 16 * 1'024;

  /// Runs on the server's thread, one call at a time.
  using Answer = std::function<HttpAnswer(const HttpRequest&)>;

  /// Listens until destroyed. `address` is host:port, or [host]:port for IPv6; port 0 takes a free
  /// one. Fails with a clause that says why not.
  static Result<std::unique_ptr<HttpServer>> listen(const std::string& address, HttpTaken taken,
                                                    Answer answer);

  virtual ~HttpServer() = default;
  virtual std::uint16_t port() const = 0;
};

}  // namespace troupe::host
