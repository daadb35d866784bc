// Messages in tests: written in text format, compared field by field.
#pragma once

#include <stdexcept>
#include <string>

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <catch2/catch_all.hpp>

namespace troupe::testing {

/// Parses a message from text format, so that a test shows only the fields it cares about.
template <class M>
M pb(const std::string& text = "") {
  M message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message))
    throw std::invalid_argument(text);
  return message;
}

/// The same type and the same fields; what differs is printed.
inline void check_same(const google::protobuf::Message& actual,
                       const google::protobuf::Message& expected) {
  REQUIRE(actual.GetDescriptor()->full_name() == expected.GetDescriptor()->full_name());
  std::string differences;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  const bool same = differencer.Compare(expected, actual);
  INFO("expected, then actual: " << differences);
  CHECK(same);
}

}  // namespace troupe::testing
