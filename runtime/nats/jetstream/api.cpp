// Implements requests to JetStream's management API.
#include "runtime/nats/jetstream/api.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/base/json.hpp"
#include "runtime/base/text.hpp"

namespace troupe::nats {
namespace {

constexpr std::size_t reason_length_max = 200;

tl::unexpected<ApiFailure> failed(std::string what, bool retryable, int err_code = 0) {
  return tl::make_unexpected(ApiFailure{{std::move(what), retryable}, err_code});
}

std::string text_of(const nlohmann::json& body) { return body.is_null() ? "" : body.dump(); }

}  // namespace

ApiResult read_api_reply(const std::string& asked, const Reply& reply) {
  if (reply.status != Reply::Status::answered)
    return failed(fmt::format("JetStream did not answer {}: {}.", asked, describe(reply.status)),
                  true);

  auto answer = read_json(reply.message.body());
  if (!answer || !answer->is_object())
    return failed(fmt::format("JetStream answered {} with something that is not JSON.", asked),
                  true);

  const auto* error = find(*answer, "error");
  if (error == nullptr || error->is_null()) return *std::move(answer);
  constexpr int unreadable = 500;  // it may have been anything
  const auto code = field<int>(*error, "code").value_or(unreadable);
  const auto err_code = field<int>(*error, "err_code").value_or(0);
  const auto reason = field<std::string_view>(*error, "description").value_or("no reason given");
  return failed(fmt::format("JetStream refused {}: {} ({}).", asked,
                            printable(reason, reason_length_max), err_code),
                code >= 500 || code == 429, err_code);
}

void ask_api(Connection& connection, const std::string& verb, const nlohmann::json& body,
             std::function<void(ApiResult)> answered) {
  connection.request("$JS.API." + verb, {}, text_of(body), api_timeout,
                     [verb, answered = std::move(answered)](Reply reply) {
                       answered(read_api_reply(verb, reply));
                     });
}

ApiResult ask_api_and_wait(Connection& connection, const std::string& verb,
                           const nlohmann::json& body) {
  return read_api_reply(
      verb, connection.request_and_wait("$JS.API." + verb, {}, text_of(body), api_timeout));
}

}  // namespace troupe::nats
