// Prints by protobuf, and looks only at those fields that may not be printable.
#include "runtime/nats/wire/printing.hpp"

#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/text.hpp"

namespace troupe::nats {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DynamicCastToGenerated;
using google::protobuf::FieldDescriptor;

constexpr std::size_t reason_length_max = 200;

/// Where to look in a message of a type.
struct Plan {
  bool by_printing = false;                    ///< it may hold anything: only printing it tells
  std::vector<const FieldDescriptor*> fields;  ///< that are or hold times or durations
};

bool is_time(const Descriptor& type) {
  return type.well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP
         || type.well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION;
}

/// Whose JSON has rules of its own beyond those of its fields.
bool is_special(const Descriptor& type) {
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return true;
    default:
      return false;
  }
}

/// Whether a message of the type can hold a special one or, endlessly, itself.
bool needs_printing(const Descriptor& type, std::set<const Descriptor*>& around) {
  if (is_special(type) || !around.insert(&type).second) return true;
  bool needs = false;
  for (int i = 0; i < type.field_count() && !needs; ++i)
    if (const auto* inner = type.field(i)->message_type(); inner != nullptr)
      needs = needs_printing(*inner, around);
  around.erase(&type);
  return needs;
}

const Plan& plan_of(const Descriptor& type);

Plan make_plan(const Descriptor& type) {
  std::set<const Descriptor*> around;
  Plan plan{.by_printing = needs_printing(type, around), .fields = {}};
  for (int i = 0; i < type.field_count() && !plan.by_printing; ++i) {
    const auto* inner = type.field(i)->message_type();
    if (inner != nullptr && (is_time(*inner) || !plan_of(*inner).fields.empty()))
      plan.fields.push_back(type.field(i));
  }
  return plan;
}

/// Descriptors live as long as the program.
const Plan& plan_of(const Descriptor& type) {
  thread_local std::unordered_map<const Descriptor*, Plan> plans;
  if (const auto known = plans.find(&type); known != plans.end()) return known->second;
  auto plan = make_plan(type);
  return plans.emplace(&type, std::move(plan)).first->second;
}

template <class T>
bool is_illegal(const Message& message) {
  const auto* time = DynamicCastToGenerated<T>(&message);
  return time != nullptr && !is_legal(*time);
}

/// `name`: of the message or of the field that it stands in.
std::string look(const Message& message, const std::string& name) {
  if (is_illegal<google::protobuf::Timestamp>(message))
    return name + " is no time from the year 1 to 9999";
  if (is_illegal<google::protobuf::Duration>(message))
    return name + " is no duration of up to 10,000 years";
  const auto* reflection = message.GetReflection();
  for (const auto* field : plan_of(*message.GetDescriptor()).fields) {
    const int size = field->is_repeated() ? reflection->FieldSize(message, field)
                                          : int{reflection->HasField(message, field)};
    for (int i = 0; i < size; ++i) {
      const auto& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                               : reflection->GetMessage(message, field);
      if (auto why = look(inner, field->full_name()); !why.empty()) return why;
    }
  }
  return {};
}

/// `levels`: of Any that are still allowed.
bool is_deep(const Message& message, int levels) {
  if (!plan_of(*message.GetDescriptor()).by_printing) return false;
  if (const auto* any = DynamicCastToGenerated<google::protobuf::Any>(&message)) {
    const auto held = held_by(*any);
    return held && (levels == 0 || is_deep(*held, levels - 1));
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == nullptr) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i)
      if (is_deep(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                       : reflection->GetMessage(message, field),
                  levels))
        return true;
  }
  return false;
}

}  // namespace

MessagePtr held_by(const google::protobuf::Any& any) {
  std::string name;
  if (!google::protobuf::Any::ParseAnyTypeUrl(any.type_url(), &name)) return nullptr;
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  MessagePtr held(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  return held->ParseFromString(any.value()) ? std::move(held) : nullptr;
}

bool has_deep_any(const Message& message) { return is_deep(message, any_depth_max); }

Result<std::string> print_json(const Message& message,
                               const google::protobuf::util::JsonPrintOptions& options) {
  const auto failed = [&](std::string_view why) {
    return permanent("a " + message.GetTypeName()
                     + " cannot be written as JSON: " + printable(why, reason_length_max));
  };
  if (has_deep_any(message)) return failed("it holds too many messages within each other");
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (printed.ok()) return text;
  const auto why = printed.message();
  return failed({why.data(), why.size()});
}

std::string unprintable(const Message& message) {
  if (!plan_of(*message.GetDescriptor()).by_printing)
    return look(message, message.GetDescriptor()->full_name());
  const auto printed = print_json(message, {});
  return printed ? std::string() : printed.error().what;
}

}  // namespace troupe::nats
