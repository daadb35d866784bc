// Implements the check and creation of streams.
#include "runtime/nats/jetstream/streams.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <spdlog/spdlog.h>

#include "runtime/base/assert.hpp"
#include "runtime/base/embedded.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/text.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::nats {
namespace {

using nlohmann::json;

constexpr std::array definitions{"deploy/streams/events.json", "deploy/streams/timers.json",
                                 "deploy/streams/parked.json", "deploy/streams/control.json"};

constexpr std::size_t setting_length_max = 200;
constexpr std::array without_meaning{"name", "description", "duplicate_window"};
/// In these, 0 and below mean without limit.
constexpr std::array limits{"max_age",      "max_msgs",     "max_bytes", "max_msgs_per_subject",
                            "max_msg_size", "max_consumers"};
/// JetStream does not let these be changed once a stream exists.
constexpr std::array fixed_at_creation{"storage", "retention", "allow_msg_schedules",
                                       "persist_mode"};

template <std::size_t n>
bool contains(const std::array<const char*, n>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// JetStream leaves settings out that have their default value.
json default_of(const json& wanted) {
  if (wanted.is_boolean()) return false;
  if (wanted.is_number()) return 0;
  if (wanted.is_array()) return json::array();
  return "default";
}

json in_order(json value) {
  if (value.is_array()) std::sort(value.begin(), value.end());
  return value;
}

std::optional<std::int64_t> number(const json& value) { return as<std::int64_t>(value); }

bool is_weaker(const std::string& field, const json& wanted, const json& live) {
  const auto want = number(wanted);
  const auto found = number(live);
  if (want && found) {
    if (field == "num_replicas") return *found < *want;
    if (contains(limits, field)) return *found > 0 && (*want <= 0 || *found < *want);
  }
  return in_order(wanted) != in_order(live);
}

Result<void> create(Connection& connection, const std::string& name, const json& wanted) {
  const auto created = ask_api_and_wait(connection, "STREAM.CREATE." + name, wanted);
  if (created) {
    spdlog::info("Stream {} is created with {} replica(s).", name,
                 wanted.at("num_replicas").get<int>());
    return {};
  }
  if (created.error().err_code == api_error::stream_in_use) return {};  // somebody was faster
  return tl::make_unexpected(Failure(created.error()));
}

/// A stream that another node has just created is silent until its servers have chosen a leader.
ApiResult info_of(Connection& connection, const std::string& name) {
  constexpr int tries_max = 3;
  auto info = ask_api_and_wait(connection, "STREAM.INFO." + name, {});
  for (int tries = 1; tries < tries_max && !info && info.error().err_code == 0; ++tries)
    info = ask_api_and_wait(connection, "STREAM.INFO." + name, {});
  return info;
}

Result<void> ensure_stream(Connection& connection, const json& wanted) {
  const auto name = wanted.at("name").get<std::string>();
  auto info = info_of(connection, name);
  if (!info && info.error().err_code == api_error::stream_not_found) {
    if (auto created = create(connection, name, wanted); !created) return created;
    info = info_of(connection, name);
  }
  if (!info) return tl::make_unexpected(Failure(info.error()));
  const auto* live = find(*info, "config");
  std::string weaker = weaker_setting(wanted, live != nullptr ? *live : json::object());
  if (!weaker.empty()) return permanent(std::move(weaker));
  return {};
}

}  // namespace

json stream_definition(std::string_view text, const Token& context, int replicas) {
  const std::string events = stream_name(StreamKind::events, context);
  std::string filled(text);
  replace_all(filled, "${context}", context.str());
  replace_all(filled, "${CONTEXT}",
              std::string_view(events).substr(std::string_view("EVT_").size()));
  replace_all(filled, "${replicas}", std::to_string(replicas));
  auto definition = json::parse(filled, nullptr, false);
  TROUPE_ASSERT(definition.is_object(), "a stream definition in deploy/streams is not JSON");
  return definition;
}

std::vector<json> wanted_streams(const Token& context, int replicas) {
  std::vector<json> wanted;
  for (const char* path : definitions)
    wanted.push_back(stream_definition(embedded_file(path), context, replicas));
  return wanted;
}

std::string weaker_setting(const json& wanted, const json& live) {
  for (const auto& [field, want] : wanted.items()) {
    if (contains(without_meaning, field)) continue;
    const auto* given = find(live, field);
    const json found = given != nullptr ? *given : default_of(want);
    if (!is_weaker(field, want, found)) continue;
    const auto name = wanted.at("name").get<std::string>();
    return fmt::format(
        "Stream {} has {} = {} where {} is needed: {}.", name, field,
        printable(found.dump(), setting_length_max), want.dump(),
        contains(fixed_at_creation, field)
            ? "that cannot be changed, so back the stream up and let the node create it anew"
            : fmt::format("correct it with `nats stream edit {}`, or start with settings that "
                          "want less",
                          name));
  }
  return {};
}

Result<void> check_server(Connection& connection) {
  const Reply reply = connection.request_and_wait("$JS.API.INFO", {}, {}, api_timeout);
  if (reply.status == Reply::Status::no_responders)
    return retryable(
        "JetStream is off in this NATS server: start it with a jetstream block, see "
        "deploy/nats.");
  const auto info = read_api_reply("INFO", reply);
  if (!info) return tl::make_unexpected(Failure(info.error()));
  const int level = field<int>(*info, "api.level").value_or(0);
  if (level < api_level_min)
    return permanent(fmt::format(
        "This NATS server has JetStream API level {}, and {} is needed: use nats-server "
        "2.14.4 or later.",
        level, api_level_min));
  if (const auto most = connection.message_bytes_max(); most < message_bytes_min)
    return permanent(
        fmt::format("This NATS server takes messages of at most {} bytes, and {} are needed: set "
                    "its max_payload to that or more.",
                    most, message_bytes_min));
  return {};
}

Result<void> ensure_streams(Connection& connection, const Token& context, int replicas) {
  if (auto good = check_server(connection); !good) return good;
  for (const auto& wanted : wanted_streams(context, replicas))
    if (auto good = ensure_stream(connection, wanted); !good) return good;
  return {};
}

}  // namespace troupe::nats
