#include "runtime/engine/history/fold.hpp"

#include <set>
#include <utility>

#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/assert.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::engine {

namespace {

void add_schema(const google::protobuf::FileDescriptor& file, std::set<std::string>& seen,
                std::string& to) {
  if (!seen.insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto schema;
  file.CopyTo(&schema);
  to += schema.SerializeAsString();
  for (int i = 0; i < file.dependency_count(); ++i) add_schema(*file.dependency(i), seen, to);
}

}  // namespace

Fold::Fold(const AggregateModel& model) : model_(&model), state_(model.new_state()) {}

Result<void> Fold::apply(const StoredCommit& stored, const v1::Commit& commit) {
  if (commit.first_version() != version_ + 1)
    return permanent("starts with version " + std::to_string(commit.first_version()) + " where "
                     + std::to_string(version_ + 1) + " must follow");
  if (commit.previous_hash() != commit_hash_)
    return permanent("does not follow the commit before it: its previous hash differs");
  for (const auto& any : commit.events()) {
    const auto event = unpack(any, model_->events);
    if (!event)
      return permanent("holds " + shown(type_of(any)) + ", which this program's " + model_->name
                       + " does not know or cannot read");
    model_->evolve(*state_, *event);
  }
  add(commit, stored.bytes, stored.sequence);
  return {};
}

void Fold::pass_over(const StoredCommit& stored) {
  sequence_ = stored.sequence;
  commit_hash_ = sha256(stored.bytes);
  version_ = version_past(stored, version_);
}

void Fold::extend(const v1::Commit& commit, std::string_view bytes,
                  const std::vector<MessagePtr>& events) {
  for (const auto& event : events) model_->evolve(*state_, *event);
  add(commit, bytes, 0);
}

void Fold::add(const v1::Commit& commit, std::string_view bytes, std::uint64_t sequence) {
  const auto command = remembered(commit, sequence);
  version_ = command.last_version;
  sequence_ = sequence;
  commit_hash_ = sha256(bytes);
  memory_.remember(command);
}

void Fold::acknowledged(std::size_t commits, std::uint64_t last_sequence) {
  memory_.place_newest(commits, last_sequence);
  sequence_ = last_sequence;
}

std::size_t Fold::bytes() const {
  return sizeof(Fold) + state_->SpaceUsedLong() + commit_hash_.capacity() + memory_.bytes();
}

Snapshot Fold::snapshot(std::string_view fingerprint) const {
  TROUPE_ASSERT(sequence_ != 0, "a snapshot is of commits that are in the log");
  google::protobuf::Arena arena;  // for up to 1,024 remembered commands
  auto& snapshot = *google::protobuf::Arena::CreateMessage<v1::Snapshot>(&arena);
  snapshot.set_fingerprint(std::string(fingerprint));
  snapshot.set_version(version_);
  snapshot.set_sequence(sequence_);
  snapshot.set_commit_hash(commit_hash_);
  snapshot.set_state(state_->SerializeAsString());
  Snapshot kept{.version = version_, .bytes = {}};
  memory_.save(snapshot, kept.parts);
  kept.bytes = snapshot.SerializeAsString();
  return kept;
}

std::optional<Fold> Fold::restore(const AggregateModel& model, const Snapshot& kept,
                                  std::string_view fingerprint) {
  v1::Snapshot snapshot;
  if (!snapshot.ParseFromString(kept.bytes)) return std::nullopt;
  if (snapshot.fingerprint() != fingerprint || snapshot.sequence() == 0) return std::nullopt;
  Fold fold(model);
  if (!fold.state_->ParseFromString(snapshot.state())) return std::nullopt;
  fold.version_ = snapshot.version();
  fold.sequence_ = snapshot.sequence();
  fold.commit_hash_ = snapshot.commit_hash();
  auto memory = CommandMemory::restore(snapshot, kept.parts);
  if (!memory) return std::nullopt;
  fold.memory_ = *std::move(memory);
  return fold;
}

RememberedCommand remembered(const v1::Commit& commit, std::uint64_t sequence) {
  return {
      .id = memory_key(commit.command_id(), !commit.causation_id().empty()),
      .hash = commit.command_hash(),
      .first_version = commit.first_version(),
      .last_version = commit.first_version() + static_cast<std::uint64_t>(commit.events_size()) - 1,
      .sequence = sequence,
      .committed_at = to_time(commit.committed_at())};
}

MessagePtr unpack(const google::protobuf::Any& any,
                  const std::map<std::string, const Message*, std::less<>>& prototypes) {
  const auto prototype = prototypes.find(type_of(any));
  if (prototype == prototypes.end()) return nullptr;
  MessagePtr message(prototype->second->New());
  return message->ParseFromString(any.value()) ? std::move(message) : nullptr;
}

std::string_view type_of(const google::protobuf::Any& any) {
  const std::string_view url = any.type_url();
  return url.substr(url.rfind('/') + 1);
}

std::string fingerprint_of(const AggregateModel& model, std::string_view folding_code) {
  // What an older program kept is ignored: change the number with what a snapshot means.
  std::string text = "3 " + std::string(folding_code);
  std::set<std::string> seen;
  add_schema(*v1::Snapshot::descriptor()->file(), seen, text);
  add_schema(*model.new_state()->GetDescriptor()->file(), seen, text);
  return to_hex(sha256(text));
}

}  // namespace troupe::engine
