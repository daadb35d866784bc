// Walks through the text beside the type that it is of.
#include "runtime/nats/wire/json_keys.hpp"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/base/text.hpp"

namespace troupe::nats {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

constexpr std::size_t shown_length_max = 80;

/// An object or a list that is being read.
struct Level {
  const Descriptor* type = nullptr;        ///< of the message that the object is; null: no message
  const Descriptor* values = nullptr;      ///< of the messages that stand in it directly; or null
  const FieldDescriptor* field = nullptr;  ///< of the message, whose value comes next
  std::vector<const FieldDescriptor*> fields{};  ///< of the message, that were there
  std::unordered_set<std::string> keys{};        ///< of an object that is no message
};

/// Objects of other well-known types have keys that are no fields.
const Descriptor* with_fields(const Descriptor* type) {
  return type != nullptr && type->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED
             ? type
             : nullptr;
}

const FieldDescriptor* field_of(const Descriptor& type, const std::string& key) {
  for (int i = 0; i < type.field_count(); ++i)
    if (type.field(i)->json_name() == key || type.field(i)->name() == key) return type.field(i);
  return nullptr;  // protobuf refuses it
}

/// What nlohmann's parser calls.
class Walk {
public:
  explicit Walk(const Descriptor& type) { levels_.push_back({.values = with_fields(&type)}); }

  const std::string& wrong() const { return wrong_; }

  bool start_object(std::size_t) {
    const auto& around = levels_.back();
    const auto* field = around.field;
    if (field != nullptr && field->is_map())
      return push({.values = with_fields(field->message_type()->map_value()->message_type())});
    return push({.type = field != nullptr ? with_fields(field->message_type()) : around.values});
  }
  bool key(std::string& key) {
    auto& level = levels_.back();
    if (level.type == nullptr)
      return level.keys.insert(key).second || fail("'" + key + "' stands twice in one object");
    level.field = field_of(*level.type, key);
    if (level.field == nullptr) return true;
    if (std::ranges::find(level.fields, level.field) != level.fields.end())
      return fail("the field " + level.field->name() + " stands twice in one object");
    level.fields.push_back(level.field);
    return true;
  }
  bool end_object() { return pop(); }
  bool start_array(std::size_t) {
    const auto* field = levels_.back().field;
    const bool repeated = field != nullptr && !field->is_map();
    return push({.values = repeated ? with_fields(field->message_type()) : nullptr});
  }
  bool end_array() { return pop(); }

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(json::number_integer_t) { return true; }
  bool number_unsigned(json::number_unsigned_t) { return true; }
  bool number_float(json::number_float_t, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(json::binary_t&) { return true; }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    return fail("it is no JSON from character " + std::to_string(position) + " on");
  }

private:
  bool push(Level level) {
    if (levels_.size() > body_depth_max) return fail("it is too deep");
    levels_.push_back(std::move(level));
    return true;
  }
  bool pop() {
    levels_.pop_back();
    return true;
  }
  bool fail(const std::string& what) {
    wrong_ = printable(what, shown_length_max);
    return false;
  }

  std::vector<Level> levels_;  ///< the first is what stands around the whole text
  std::string wrong_;
};

}  // namespace

std::string wrong_json(std::string_view text, const Descriptor& type) {
  Walk walk(type);
  json::sax_parse(text, &walk);
  return walk.wrong();
}

}  // namespace troupe::nats
