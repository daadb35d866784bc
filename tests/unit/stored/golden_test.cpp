// What was stored stays readable: the bytes of every kind of message are those of the golden files.
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <troupe/model.hpp>
#include "actors/all.hpp"
#include "bench/v1/item.pb.h"
#include "runtime/ports/identity.hpp"
#include "tests/unit/stored/golden_file.hpp"
#include "troupe/v1/commit.pb.h"

namespace {

// A generated file that nothing refers to is not linked, and this one's program is another.
[[maybe_unused]] const auto* const linked = bench::v1::Record::descriptor();

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using troupe::Message;
using troupe::MessagePtr;
using troupe::test::golden_examples;
using troupe::test::GoldenExample;

/// Null when no generated file that the tests link has it.
MessagePtr message_of(const std::string& type) {
  const auto* descriptor = DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return nullptr;
  return MessagePtr(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
}

std::string bytes_of(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);  // or a map has any order
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string hex_of(const Message& message) { return troupe::to_hex(bytes_of(message)); }

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// The schemas of this repository.
std::vector<const FileDescriptor*> schemas() {
  const std::filesystem::path root = TROUPE_TESTS "/../schemas";
  std::vector<const FileDescriptor*> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".proto") continue;
    const auto name = entry.path().lexically_relative(root).generic_string();
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    INFO("no test links " << name);
    REQUIRE(file != nullptr);
    all.push_back(file);
  }
  return all;
}

/// Full names of the messages, fields and enum values that occur in the examples.
class Seen {
public:
  void add(const Message& message) {
    names_.insert(message.GetDescriptor()->full_name());
    if (message.GetDescriptor()->file()->package() == "google.protobuf") return;
    const auto* reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const auto* field : fields) {
      names_.insert(field->full_name());
      const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
      for (int i = 0; i < count; ++i) add(message, *field, i);
    }
  }
  bool contains(const std::string& name) const { return names_.contains(name); }

private:
  void add(const Message& message, const FieldDescriptor& field, int i) {
    const auto* reflection = message.GetReflection();
    const bool repeated = field.is_repeated();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      add(repeated ? reflection->GetRepeatedMessage(message, &field, i)
                   : reflection->GetMessage(message, &field));
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM)
      names_.insert((repeated ? reflection->GetRepeatedEnum(message, &field, i)
                              : reflection->GetEnum(message, &field))
                        ->full_name());
  }

  std::set<std::string> names_;
};

/// What of a message type no example has.
void add_missing(const Descriptor& type, const Seen& seen, std::vector<std::string>& missing) {
  if (!seen.contains(type.full_name())) missing.push_back(type.full_name());
  for (int i = 0; i < type.field_count(); ++i)
    if (!seen.contains(type.field(i)->full_name())) missing.push_back(type.field(i)->full_name());
  for (int i = 0; i < type.nested_type_count(); ++i)
    add_missing(*type.nested_type(i), seen, missing);
}

}  // namespace

TEST_CASE("stored bytes are read as what was written", "[golden]") {
  for (const auto& example : golden_examples(TROUPE_TESTS "/data/golden")) {
    INFO(example.file << ": " << example.type);
    const auto message = message_of(example.type);
    REQUIRE(message);
    REQUIRE(message->ParseFromString(from_hex(example.hex)));
    CHECK(hex_of(*message) == example.hex);

    const auto meant = message_of(example.type);
    REQUIRE(google::protobuf::TextFormat::ParseFromString(example.text, meant.get()));
    CHECK(message->DebugString() == meant->DebugString());
  }
}

TEST_CASE("what is said today is stored in the same bytes", "[golden]") {
  for (const auto& example : golden_examples(TROUPE_TESTS "/data/golden")) {
    INFO(example.file << ": " << example.type << "\n" << example.text);
    const auto message = message_of(example.type);
    REQUIRE(message);
    REQUIRE(google::protobuf::TextFormat::ParseFromString(example.text, message.get()));
    CHECK(hex_of(*message) == example.hex);
  }
}

TEST_CASE("every message, field and enum value has a golden example", "[golden]") {
  Seen seen;
  for (const auto& example : golden_examples(TROUPE_TESTS "/data/golden")) {
    const auto message = message_of(example.type);
    REQUIRE(message);
    REQUIRE(message->ParseFromString(from_hex(example.hex)));
    seen.add(*message);
  }
  std::vector<std::string> missing;
  for (const auto* file : schemas()) {
    for (int i = 0; i < file->message_type_count(); ++i)
      add_missing(*file->message_type(i), seen, missing);
    for (int i = 0; i < file->enum_type_count(); ++i)
      for (int j = 1; j < file->enum_type(i)->value_count(); ++j)  // 0 is not stored
        if (const auto& name = file->enum_type(i)->value(j)->full_name(); !seen.contains(name))
          missing.push_back(name);
  }
  CHECK(missing == std::vector<std::string>{});
}

TEST_CASE("every event has a golden commit, packed as the engine packs it", "[golden]") {
  std::set<std::string> committed;
  for (const auto& example : golden_examples(TROUPE_TESTS "/data/golden")) {
    troupe::v1::Commit commit;
    if (example.type != commit.GetTypeName()) continue;
    REQUIRE(commit.ParseFromString(from_hex(example.hex)));
    for (const auto& any : commit.events()) {
      INFO(any.type_url());
      const auto type = any.type_url().substr(any.type_url().rfind('/') + 1);
      const auto event = message_of(type);
      REQUIRE(event);
      REQUIRE(event->ParseFromString(any.value()));
      google::protobuf::Any packed;
      packed.PackFrom(*event);
      CHECK(packed.SerializeAsString() == any.SerializeAsString());
      committed.insert(type);
    }
  }
  for (const auto& context : all_contexts())
    for (const auto& aggregate : context.aggregates)
      for (const auto& [name, prototype] : aggregate.events) {
        INFO(name);
        CHECK(committed.contains(name));
      }
}
