// Names and bounds of the wire contract that servers and clients share.
#pragma once

#include <chrono>
#include <cstddef>

namespace troupe::nats {

namespace header {

// A client may set these.
inline constexpr const char* content_type = "Content-Type";
inline constexpr const char* command_id = "Troupe-Command-Id";
inline constexpr const char* expected_version = "Troupe-Expected-Version";
/// Milliseconds that the client will wait.
inline constexpr const char* deadline = "Troupe-Deadline";
/// Milliseconds since 1970 when the command was issued first; the same on every repeat, so that a
/// repeat decides alike. The moment it comes in when absent.
inline constexpr const char* issued_at = "Troupe-Issued-At";
inline constexpr const char* correlation_id = "Troupe-Correlation-Id";
inline constexpr const char* traceparent = "traceparent";
/// The event that asked for the command, when one did: `<subject>@<version>`.
inline constexpr const char* causation_id = "Troupe-Causation-Id";
/// Of a query: `<stream>:<sequence>` that the read models must have reached.
inline constexpr const char* min_sequence = "Troupe-Min-Sequence";

// Replies have these.
inline constexpr const char* first_version = "Troupe-First-Version";
inline constexpr const char* last_version = "Troupe-Last-Version";
inline constexpr const char* stream = "Troupe-Stream";
inline constexpr const char* sequence = "Troupe-Sequence";
inline constexpr const char* duplicate = "Troupe-Duplicate";
inline constexpr const char* decided_at = "Troupe-Decided-At";
inline constexpr const char* node = "Troupe-Node";
inline constexpr const char* durability = "Troupe-Durability";
/// Of a query: `<stream>:<sequence>` that the answer reflects at least.
inline constexpr const char* position = "Troupe-Position";
/// Why, for programs: a rejection's reason. It stands first in the error's text, too.
inline constexpr const char* reason = "Troupe-Reason";
inline constexpr const char* error = "Nats-Service-Error";
inline constexpr const char* error_code = "Nats-Service-Error-Code";

// Appends have these.
inline constexpr const char* expected_sequence = "Nats-Expected-Last-Subject-Sequence";
/// Makes that condition one on another subject, which no node demands.
inline constexpr const char* expected_subject = "Nats-Expected-Last-Subject-Sequence-Subject";
inline constexpr const char* batch_id = "Nats-Batch-Id";
inline constexpr const char* batch_sequence = "Nats-Batch-Sequence";
inline constexpr const char* batch_commit = "Nats-Batch-Commit";

}  // namespace header

namespace code {

inline constexpr int ok = 200;
inline constexpr int malformed = 400;
inline constexpr int no_such_thing = 404;
inline constexpr int too_large = 413;
inline constexpr int overloaded = 429;
inline constexpr int failed = 500;
inline constexpr int not_available = 503;
inline constexpr int unknown = 504;

}  // namespace code

/// A larger body is answered with 413.
inline constexpr std::size_t body_bytes_max = 256 * 1024;
inline constexpr std::chrono::milliseconds deadline_default{5'000};
inline constexpr std::chrono::milliseconds deadline_max{60'000};
inline constexpr std::size_t correlation_id_length_max = 128;
inline constexpr std::size_t causation_id_length_max = 256;
inline constexpr std::size_t error_text_length_max = 512;
inline constexpr std::size_t rejection_reason_length_max = 128;

inline constexpr const char* json_content_type = "application/json";
inline constexpr const char* protobuf_content_type = "application/protobuf";

}  // namespace troupe::nats
