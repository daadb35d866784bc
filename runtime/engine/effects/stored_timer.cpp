#include "runtime/engine/effects/stored_timer.hpp"

#include <utility>

#include <troupe/timestamp.hpp>
#include "runtime/engine/history/stored_fields.hpp"

namespace troupe::engine {

Result<ReadTimer> read_timer(const StoredSubject& fired, std::string_view bytes) {
  v1::TimerRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return permanent("its bytes make no sense");
  const auto context = Token::parse(record.context());
  const auto aggregate = Token::parse(record.aggregate());
  const auto id = Token::parse(record.id());
  const auto name = Token::parse(record.name());
  if (!context || !aggregate || !id || !name) return permanent("it names no instance's timer");
  const Instance instance{*context, *aggregate, *id};
  if (Subject::timer_fired(instance, *name).str() != fired.str())
    return permanent("it says that it is another timer than its subject's");
  if (!is_legal(record.due()) || !is_legal(record.effect().time()))
    return permanent("its times are none that a calendar has");
  if (!fits_header(record.correlation_id())) return permanent("its correlation id is none");
  return ReadTimer{instance, *name, std::move(record)};
}

}  // namespace troupe::engine
