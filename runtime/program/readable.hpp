// Stored and sent messages as JSON that a person can read.
#pragma once

#include <string>

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <nlohmann/json.hpp>

#include "troupe/v1/commit.pb.h"

namespace troupe::program {

using Json = nlohmann::ordered_json;

/// Protobuf's JSON mapping, with the names of the schema. A message that has none, such as one with
/// a time beyond the year 9999, is shown as text, or in hexadecimal.
Json to_json(const google::protobuf::Message& message);

/// Such as 2026-05-04T14:00:00.250Z.
std::string to_text(const google::protobuf::Timestamp& time);

/// Events with their versions and types, unpacked where this program knows the type; hashes in
/// hexadecimal.
Json describe_commit(const v1::Commit& commit);

}  // namespace troupe::program
