// Implements it on GNU libmicrohttpd.
#include "runtime/host/http_server.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include <microhttpd.h>

namespace troupe::host {

namespace {

struct AddressesDeleter {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
struct DaemonDeleter {
  void operator()(MHD_Daemon* daemon) const noexcept { MHD_stop_daemon(daemon); }
};
struct ResponseDeleter {
  void operator()(MHD_Response* response) const noexcept { MHD_destroy_response(response); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;
using Daemon = std::unique_ptr<MHD_Daemon, DaemonDeleter>;
using Response = std::unique_ptr<MHD_Response, ResponseDeleter>;

struct HostAndPort {
  std::string host;  ///< empty: all addresses
  std::string port;
};

std::optional<HostAndPort> split(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostAndPort parts{address.substr(0, colon), address.substr(colon + 1)};
  std::uint16_t port = 0;
  const auto* const end = parts.port.data() + parts.port.size();
  const auto read = std::from_chars(parts.port.data(), end, port);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  if (parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']')
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  else if (parts.host.find(':') != std::string::npos)
    return std::nullopt;
  return parts;
}

Result<Addresses> resolve(const HostAndPort& where) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(where.host.empty() ? nullptr : where.host.c_str(),
                                 where.port.c_str(), &wanted, &found);
  if (failed != 0) return permanent(gai_strerror(failed));
  return Addresses(found);
}

class Request final : public HttpRequest {
public:
  Request(MHD_Connection* connection, const char* method, const char* path)
      : connection_(connection), method_(method), path_(path) {}

  std::string_view method() const override { return method_; }
  std::string_view path() const override { return path_; }
  std::string_view body() const override { return body_; }
  std::string_view header(const char* name) const override {
    const char* value = MHD_lookup_connection_value(connection_, MHD_HEADER_KIND, name);
    return value != nullptr ? value : std::string_view();
  }

  /// False when it says that its body is longer, or hides how long it is.
  bool announces_at_most(std::size_t bytes) const {
    if (!header(MHD_HTTP_HEADER_TRANSFER_ENCODING).empty()) return false;
    const auto text = header(MHD_HTTP_HEADER_CONTENT_LENGTH);
    std::size_t length = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
    return text.empty() || (read.ec == std::errc{} && length <= bytes);
  }
  void take(std::string_view more) { body_ += more; }

private:
  MHD_Connection* const connection_;
  const std::string method_;
  const std::string path_;
  std::string body_;
};

class Server final : public HttpServer {
public:
  Server(HttpTaken taken, Answer answer) : taken_(std::move(taken)), answer_(std::move(answer)) {}

  Result<void> listen(const addrinfo& at) {
    const auto options = MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC
                         | (at.ai_family == AF_INET6 ? MHD_USE_DUAL_STACK : MHD_NO_FLAG);
    daemon_.reset(MHD_start_daemon(options, 0, nullptr, nullptr, on_request, this,
                                   MHD_OPTION_SOCK_ADDR, at.ai_addr, MHD_OPTION_CONNECTION_LIMIT,
                                   connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_max_s,
                                   MHD_OPTION_CONNECTION_MEMORY_LIMIT, head_bytes_max,
                                   MHD_OPTION_NOTIFY_COMPLETED, on_done, this, MHD_OPTION_END));
    if (!daemon_) return permanent(std::strerror(errno));
    return {};
  }

  std::uint16_t port() const override {
    return MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_BIND_PORT)->port;
  }

private:
  /// Called first with what stands before the body, then with each part of the body, then with
  /// none.
  static MHD_Result on_request(void* closure, MHD_Connection* connection, const char* path,
                               const char* method, const char*, const char* data, std::size_t* size,
                               void** request) {
    const auto& self = *static_cast<Server*>(closure);
    if (*request == nullptr) {
      auto fresh = std::make_unique<Request>(connection, method, path);
      // Answered now, the body is not read and the connection closed.
      if (std::ranges::count(self.taken_.methods, fresh->method()) == 0)
        return give(connection, {MHD_HTTP_METHOD_NOT_ALLOWED, "no such method here\n"});
      if (!fresh->announces_at_most(self.taken_.body_bytes_max))
        return give(connection, {MHD_HTTP_CONTENT_TOO_LARGE, "too large\n"});
      *request = fresh.release();
      return MHD_YES;
    }
    auto& known = *static_cast<Request*>(*request);
    if (*size == 0) return give(connection, self.answer_(known));
    known.take({data, std::exchange(*size, 0)});
    return MHD_YES;
  }

  static MHD_Result give(MHD_Connection* connection, HttpAnswer answer) {
    const Response response(MHD_create_response_from_buffer(answer.body.size(), answer.body.data(),
                                                            MHD_RESPMEM_MUST_COPY));
    if (!response) return MHD_NO;
    MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                            answer.content_type.c_str());
    return MHD_queue_response(connection, static_cast<unsigned>(answer.status), response.get());
  }

  static void on_done(void*, MHD_Connection*, void** request, MHD_RequestTerminationCode) {
    delete static_cast<Request*>(std::exchange(*request, nullptr));
  }

  const HttpTaken taken_;
  const Answer answer_;
  Daemon daemon_;  // last: its thread calls the others
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& address, HttpTaken taken,
                                                       Answer answer) {
  const auto where = split(address);
  if (!where) return permanent("it is not host:port");
  const auto addresses = resolve(*where);
  if (!addresses) return tl::make_unexpected(addresses.error());
  auto server = std::make_unique<Server>(std::move(taken), std::move(answer));
  if (auto listening = server->listen(**addresses); !listening)
    return tl::make_unexpected(listening.error());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace troupe::host
