// Reads a run from live servers (or from memory) once it has come to rest.
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <vector>

#include <troupe/model.hpp>
#include <troupe/token.hpp>
#include "runtime/base/result.hpp"
#include "runtime/check/run/domain_invariants.hpp"
#include "runtime/check/run/run.hpp"
#include "runtime/ports/event_cursor.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::check {

/// Says what a context has still to do.
class BacklogSource {
public:
  virtual ~BacklogSource() = default;
  virtual Result<Backlog> backlog(const Token& context) = 0;
};

/// What a message of a DLQ stream says.
ParkedRecord parked_record(const std::string& bytes);

/// Says what streams hold beside commits.
class StreamRecords {
public:
  virtual ~StreamRecords() = default;
  /// Of a context's event stream.
  virtual Result<StreamSummary> facts(const Token& context) = 0;
  /// All messages of CTL; empty when there is no such stream.
  virtual Result<std::vector<ControlRecord>> control() = 0;
};

struct Sources {
  EventStreams& streams;
  ViewStore& views;
  BacklogSource& backlogs;
  StreamRecords* records = nullptr;  ///< null: what they would say is not checked
};

/// A context, and which of its views to read.
struct Collected {
  Token context;
  std::vector<Token> views;
};

/// All of the program's contexts, or those named. Fails for a name that it does not know.
Result<std::vector<Collected>> contexts_to_collect(const std::vector<ContextModel>& models,
                                                   const std::vector<std::string>& names = {});

/// How often a run that has not settled is looked at again; the servers send no sign when it has.
inline constexpr std::chrono::milliseconds settle_poll_interval{100};

/// Returns when twice in a row nothing was pending, no timer left, every view at the end of its
/// stream, and the streams had not grown in between. Fails at the deadline, with a sentence that
/// names what is still to be done, when asked to stop, and when a server fails for good. What is
/// parked does not count: it does not move by itself.
Result<void> wait_until_settled(const Sources& sources, const std::vector<Collected>& contexts,
                                std::chrono::steady_clock::time_point deadline,
                                std::stop_token stop = {});

/// Logs, views, backlogs and claims as they are now.
Result<FinishedRun> collect(const Sources& sources, const std::vector<Collected>& contexts);

/// Adds what the folder holds of history.jsonl, nemesis.jsonl and processes.jsonl, and has `own`
/// read the program's own records. Fails when there is neither a history nor any of these, or a
/// file that cannot be read.
Result<void> add_records(FinishedRun& run, const std::filesystem::path& folder,
                         DomainInvariants* own = nullptr);

}  // namespace troupe::check
