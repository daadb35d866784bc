#include "runtime/host/health_report.hpp"

#include <google/protobuf/util/time_util.h>

#include <troupe/timestamp.hpp>

namespace troupe::host {

const char* name_of(Severity severity) {
  return severity == Severity::unready ? "unready" : "remark";
}

Readiness readiness_of(const std::vector<Condition>& conditions) {
  const bool ready = !any_unready(conditions);
  Readiness readiness{ready, ready ? "ready\n" : ""};
  for (const auto& condition : conditions)
    if (ready || condition.severity == Severity::unready)
      readiness.text += condition.sentence + '\n';
  return readiness;
}

nlohmann::json conditions_json(const std::vector<Condition>& conditions) {
  auto list = nlohmann::json::array();
  for (const auto& condition : conditions)
    list.push_back(
        {{"code", condition.code},
         {"severity", name_of(condition.severity)},
         {"context", condition.context},
         {"part", condition.part},
         {"sentence", condition.sentence},
         {"since", google::protobuf::util::TimeUtil::ToString(to_timestamp(condition.since))}});
  return list;
}

}  // namespace troupe::host
