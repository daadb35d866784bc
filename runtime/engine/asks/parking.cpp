#include "runtime/engine/asks/parking.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include <troupe/timestamp.hpp>
#include "runtime/ports/identity.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine {

Parking::Parking(Dependencies deps, Token context, Token consumer, std::string stream,
                 std::shared_ptr<Strand> strand)
    : deps_(deps),
      context_(std::move(context)),
      consumer_(std::move(consumer)),
      stream_(std::move(stream)),
      strand_(std::move(strand)) {}

void Parking::park(const Unhandled& unhandled, std::function<void()> done) {
  v1::ParkedEvent event;
  event.set_consumer(consumer_.str());
  event.set_source_stream(stream_);
  event.set_source_subject(unhandled.subject.str());
  event.set_source_sequence(unhandled.sequence);
  event.set_cause(unhandled.cause);
  if (unhandled.bytes.size() <= kept_bytes_max)
    event.set_commit(unhandled.bytes);
  else
    event.set_commit_hash(sha256(unhandled.bytes));
  *event.mutable_parked_at() = to_timestamp(deps_.clock.now());
  store(std::make_shared<const std::string>(event.SerializeAsString()), unhandled.subject, done);
}

void Parking::store(const std::shared_ptr<const std::string>& record, const StoredSubject& subject,
                    const std::function<void()>& done) {
  deps_.parked.park(context_, consumer_, subject, *record,
                    [this, strand = strand_, record, subject, done](const Result<void>& parked) {
                      if (!parked) {
                        spdlog::warn("{} cannot park an event yet: {}.", consumer_.str(),
                                     parked.error().what);
                        return strand->post_after(
                            pause, [this, record, subject, done] { store(record, subject, done); });
                      }
                      strand->post([this, done] {
                        ++deps_.counters.parked;
                        done();
                      });
                    });
}

}  // namespace troupe::engine
