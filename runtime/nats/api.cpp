// Implements requests to JetStream's management API.
#include "runtime/nats/api.hpp"

#include <spdlog/fmt/fmt.h>

namespace troupe::nats {
namespace {

tl::unexpected<ApiFailure> failed(std::string what, bool retryable, int err_code = 0) {
  return tl::make_unexpected(ApiFailure{{std::move(what), retryable}, err_code});
}

std::string text_of(const nlohmann::json& body) { return body.is_null() ? "" : body.dump(); }

}  // namespace

ApiResult read_api_reply(const std::string& asked, const Reply& reply) {
  if (reply.status != Reply::Status::answered)
    return failed(fmt::format("JetStream did not answer {}: {}.", asked, describe(reply.status)),
                  true);

  auto answer = nlohmann::json::parse(reply.message.body(), nullptr, false);
  if (!answer.is_object())
    return failed(fmt::format("JetStream answered {} with something that is not JSON.", asked),
                  true);

  const auto error = answer.find("error");
  if (error == answer.end() || !error->is_object()) return answer;
  const int code = error->value("code", 0);
  const int err_code = error->value("err_code", 0);
  return failed(fmt::format("JetStream refused {}: {} ({}).", asked,
                            error->value("description", "no reason given"), err_code),
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
