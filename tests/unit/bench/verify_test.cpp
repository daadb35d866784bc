// A run is believed only when the stream holds exactly what was acknowledged.
#include <cstring>
#include <vector>

#include <catch2/catch_all.hpp>

#include "tools/troupe-bench/verify.hpp"
#include "troupe/v1/commit.pb.h"

using namespace troupe;
using tool::Writer;

namespace {

class Stored final : public EventStreams {
public:
  void add(const std::string& id, std::uint64_t first_version, int events = 1) {
    v1::Commit commit;
    commit.set_context("bench");
    commit.set_aggregate("item");
    commit.set_id(id);
    commit.set_first_version(first_version);
    for (int i = 0; i < events; ++i) commit.add_events();
    add_bytes(id, commit.SerializeAsString());
  }
  void add_floor(const std::string& id, std::uint64_t version) {
    std::string bytes(100, 'x');
    std::memcpy(bytes.data(), &version, sizeof version);
    add_bytes(id, bytes);
  }
  void add_bytes(const std::string& id, std::string bytes) {
    const auto part = [](const std::string& text) { return Token::parse(text).value(); };
    commits_.push_back({commits_.size() + 1,
                        Subject::events({part("bench"), part("item"), part(id)}),
                        std::move(bytes)});
  }

  std::unique_ptr<EventCursor> open(const Token&, std::uint64_t) override {
    return std::make_unique<Cursor>(commits_);
  }
  Result<std::uint64_t> last_sequence(const Token&) override { return commits_.size(); }

private:
  class Cursor final : public EventCursor {
  public:
    explicit Cursor(const std::vector<StoredCommit>& commits) : commits_(commits) {}
    Result<std::vector<StoredCommit>> next(std::size_t, std::chrono::milliseconds) override {
      if (at_ == commits_.size()) return std::vector<StoredCommit>{};
      return std::vector{commits_[at_++]};
    }

  private:
    const std::vector<StoredCommit>& commits_;
    std::size_t at_ = 0;
  };

  std::vector<StoredCommit> commits_;
};

}  // namespace

TEST_CASE("verify: a stream with every acknowledged event is as it must be", "[bench]") {
  Stored stored;
  stored.add("a", 1);
  stored.add("b", 1, 3);
  stored.add("a", 2);
  const auto verified = tool::verify_stream(stored, Writer::runtime, 5, 0).value();
  CHECK(verified.problem.empty());
  CHECK(verified.stored == 5);
  CHECK(verified.instances == 2);
}

TEST_CASE("verify: loss, doubles and gaps are found", "[bench]") {
  Stored stored;
  stored.add("a", 1);
  stored.add("b", 1);
  CHECK_FALSE(tool::verify_stream(stored, Writer::runtime, 3, 5)->problem.empty());
  CHECK_FALSE(tool::verify_stream(stored, Writer::runtime, 1, 0)->problem.empty());
  CHECK(tool::verify_stream(stored, Writer::runtime, 1, 1)->problem.empty());

  SECTION("a gap") { stored.add("a", 3); }
  SECTION("a double") { stored.add("a", 1); }
  SECTION("something else") { stored.add_bytes("a", "not a commit"); }
  CHECK_FALSE(tool::verify_stream(stored, Writer::runtime, 3, 0)->problem.empty());
}

TEST_CASE("verify: the floor's messages are held to the same", "[bench]") {
  Stored stored;
  stored.add_floor("a", 1);
  stored.add_floor("b", 1);
  stored.add_floor("a", 2);
  CHECK(tool::verify_stream(stored, Writer::floor, 3, 0)->problem.empty());
  stored.add_floor("b", 3);
  CHECK_FALSE(tool::verify_stream(stored, Writer::floor, 4, 0)->problem.empty());
}
