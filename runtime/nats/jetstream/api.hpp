// JetStream's management API: JSON requests to $JS.API.*.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "runtime/base/result.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// A failure with JetStream's own error number, 0 when JetStream did not answer.
struct ApiFailure : Failure {
  int err_code = 0;
};

using ApiResult = tl::expected<nlohmann::json, ApiFailure>;

/// JetStream's error numbers that mean something to us.
namespace api_error {
inline constexpr int stream_in_use = 10058;  ///< created meanwhile, with other settings
inline constexpr int stream_not_found = 10059;
inline constexpr int consumer_not_found = 10014;
inline constexpr int message_not_found = 10037;
inline constexpr int wrong_last_sequence = 10071;          ///< the text ends with the actual one
inline constexpr int wrong_last_sequence_unnamed = 10164;  ///< an append is in flight
inline constexpr int duplicate_in_flight = 10158;
inline constexpr int batch_has_duplicate = 10201;
inline constexpr int batches_too_many = 10210;  ///< open at a time
inline constexpr int batch_too_large = 10199;   ///< more messages than the server is set to take
inline constexpr int batch_incomplete = 10176;  ///< a message of it was lost or not taken
inline constexpr int message_too_large = 10054;
inline constexpr int headers_too_large = 10097;
inline constexpr int store_failed = 10077;        ///< the text says why
inline constexpr int resources_exceeded = 10023;  ///< of the server; of an account it is below 500
}  // namespace api_error

/// Answers that take longer are given up.
inline constexpr std::chrono::milliseconds api_timeout{5'000};

/// Asks `$JS.API.<verb>`, such as "STREAM.INFO.EVT_BILLING". `answered` is called once.
void ask_api(Connection& connection, const std::string& verb, const nlohmann::json& body,
             std::function<void(ApiResult)> answered);

/// The same, blocking.
ApiResult ask_api_and_wait(Connection& connection, const std::string& verb,
                           const nlohmann::json& body);

/// What JetStream said, or why there is no answer. `asked` names the request in the sentence.
/// Publish acknowledgements have the same form.
ApiResult read_api_reply(const std::string& asked, const Reply& reply);

}  // namespace troupe::nats
