// The checks, one function per theme. Each adds to the report what it finds.
#pragma once

#include "runtime/check/history/client_commands.hpp"
#include "runtime/check/run/asked_commands.hpp"
#include "runtime/check/run/control_log.hpp"
#include "runtime/check/run/decoded_run.hpp"
#include "runtime/check/run/report.hpp"

namespace troupe::check {

/// I1, I3: versions, sequences, the hash chain, one commit per command.
void check_log(const DecodedRun& run, Report& report);

/// I4: every command that an event asked for is recomputed from that event. The body of a command
/// that an effect's answer asked for is not, because the log does not hold the answer.
void check_causes(const DecodedRun& run, const AskedCommands& asked, Report& report);

/// I17: what reactions ask for has a commit, or the instance it is asked of explains why not.
void check_handled(const DecodedRun& run, const AskedCommands& asked, Report& report);

/// I2, I5, I6 and the clients' part of I4; needs a history.
void check_clients(const DecodedRun& run, const ToldByCommand& all, Report& report);

/// I7: the log's order respects what clients saw of time.
void check_real_time(const DecodedRun& run, const ToldByCommand& all, Report& report);

/// I8: refusals, and answers that nothing needed to happen, are decided again.
void check_answers(const DecodedRun& run, const ToldByCommand& all, Report& report);

/// I9, I19: every writer had claimed its slot; `control` is null when CTL was not collected.
void check_writers(const DecodedRun& run, const ControlLog* control, const ToldByCommand& all,
                   Report& report);

/// I15: rows and checkpoints, recomputed by the views' own projections.
void check_views(const DecodedRun& run, Report& report);

/// I16; needs a history with reads.
void check_readers(const DecodedRun& run, Report& report);

/// I18; needs the backlogs.
void check_stuck(const DecodedRun& run, Report& report);

/// I20, I22: what can be seen of the streams in one look, and from what clients were told.
void check_streams(const DecodedRun& run, const ControlLog* control, Report& report);

/// I21: what processes hold in the end; needs samples of them.
void check_processes(const DecodedRun& run, Report& report);

/// I23: clients that asked were served, but for the time of faults; needs a history.
void check_availability(const DecodedRun& run, Report& report);

/// I25, with the program's own folds. Returns the states.
StateHashes check_folds(const DecodedRun& run, Report& report);

/// I24; `there` is what another version of this program folded of the same logs.
void compare_states(const StateHashes& here, const std::optional<StateHashes>& there,
                    Report& report);

}  // namespace troupe::check
