// The streams that a context needs: created from deploy/streams/*.json, or found good enough.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <troupe/token.hpp>
#include "runtime/base/result.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// The API level of nats-server 2.14: atomic batches, schedules, consumer reset.
inline constexpr int api_level_min = 4;

/// What a server must take in one message: what streams in deploy/streams do. A commit has half of
/// it at most, so that there is room for what it is parked with.
inline constexpr std::size_t message_bytes_min = 1'048'576;

/// Fails with a sentence when the server is too old, takes too little in one message, or JetStream
/// is off. Blocks.
Result<void> check_server(Connection& connection);

/// Creates EVT_, TMR_, DLQ_<CONTEXT> and CTL where they are missing. Streams that exist are never
/// changed: one with weaker settings than wanted is a permanent failure that says what differs and
/// what to do. Blocks; may run on several nodes at a time.
Result<void> ensure_streams(Connection& connection, const Token& context, int replicas);

/// The streams of a context, and CTL, as they should be.
std::vector<nlohmann::json> wanted_streams(const Token& context, int replicas);

/// One sentence about the first setting of `live` that promises less than `wanted`, else empty.
/// More replicas than wanted and greater limits are fine; description and duplicate window do not
/// matter.
std::string weaker_setting(const nlohmann::json& wanted, const nlohmann::json& live);

/// A stream definition with ${context}, ${CONTEXT} and ${replicas} filled in.
nlohmann::json stream_definition(std::string_view text, const Token& context, int replicas);

}  // namespace troupe::nats
