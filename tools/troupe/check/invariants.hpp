// The checks, one function per theme. Each adds to the report what it finds.
#pragma once

#include "tools/troupe/check/decoded_run.hpp"
#include "tools/troupe/check/order_books.hpp"
#include "tools/troupe/check/report.hpp"

namespace troupe::tool {

/// I1, I3: versions, sequences, the hash chain, one commit per command.
void check_log(const DecodedRun& run, Report& report);

/// I4: every command that an event asked for is recomputed from that event. The body of a command
/// that an effect's answer asked for is not, because the log does not hold the answer.
void check_causes(const DecodedRun& run, Report& report);

/// I2, I5, I6 and the clients' part of I4; needs a history.
void check_clients(const DecodedRun& run, Report& report);

/// What the books say about each other in the end: I10, I11, I12, I13. Needs all four logs.
void check_endings(const OrderBooks& books, Report& report);

/// I14 and the gateway's part of I12; needs the ledgers.
void check_effects(const DecodedRun& run, const OrderBooks& books, Report& report);

/// I15: rows and checkpoints, recomputed.
void check_views(const DecodedRun& run, Report& report);

/// I18; needs the backlogs.
void check_stuck(const DecodedRun& run, const OrderBooks& books, Report& report);

}  // namespace troupe::tool
