// Hashes and ids: of stored bytes, of command bodies, and of commands that events ask for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

namespace troupe {

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

/// SHA-256 of a command's type and its deterministically serialised body: the same for the same
/// command in JSON and in protobuf.
std::string command_hash(std::string_view type, const google::protobuf::Message& body);

/// A fresh random id: 32 hexadecimal digits.
std::string random_id();

/// What makes a command asked for by an event the same command on every redelivery.
struct AskedBy {
  std::string_view consumer;        ///< who reacts, such as dunning-from-billing
  std::string_view source_subject;  ///< of the event
  std::uint64_t version = 0;        ///< of the event in its instance
  std::string_view reaction;        ///< the declaration's name
  std::string_view target;          ///< evt. subject of the instance that is asked
  std::string_view command_type;
  std::uint32_t ordinal = 0;  ///< among this reaction's commands to that target, from 0
};

/// The command id derived from it: 32 hexadecimal digits of a SHA-256 over the length-prefixed
/// fields.
std::string asked_command_id(const AskedBy& asked);

/// The idempotency key of an effect, made likewise.
std::string effect_key(std::string_view subject, std::uint64_t version, std::string_view effect);

}  // namespace troupe
