#include "runtime/program/request_body.hpp"

#include <nlohmann/json.hpp>

#include "runtime/nats/wire/body.hpp"

namespace troupe::program {

std::string check_body(const std::string& body, const Message* prototype) {
  if (prototype == nullptr) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    return json.is_object() ? "" : "the body is no JSON object";
  }
  const auto read = nats::read_body(*prototype, nats::BodyForm::json, body);
  return read ? "" : read.error().what;
}

std::string nobody_serves(const std::string& context, const std::string& nats_address) {
  return "nobody serves the context '" + context + "' at " + nats_address
         + "; start a node that runs it, or correct the name";
}

}  // namespace troupe::program
