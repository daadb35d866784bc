// Every condition that a node may report, by its code. deploy/README.md tells operators of them.
#pragma once

#include <array>

#include "runtime/ports/conditions.hpp"

namespace troupe::condition {

// ---- the node -----------------------------------------------------------------------------------

inline constexpr ConditionKind starting{"starting", Severity::unready, Urgency::none};
/// A server is away, or does not fit yet, at the start.
inline constexpr ConditionKind waits_for_servers{"waits_for_servers", Severity::unready};
inline constexpr ConditionKind nats_away{"nats_away", Severity::unready};
/// Of one subject: NATS does not let this node use it.
inline constexpr ConditionKind right_missing{"right_missing", Severity::unready, Urgency::act};
/// A handler of the domain does not return and holds a thread.
inline constexpr ConditionKind handler_hangs{"handler_hangs", Severity::remark, Urgency::act};
/// There are more conditions than are kept.
inline constexpr ConditionKind conditions_left_out{"conditions_left_out", Severity::remark};

// ---- a context's log ----------------------------------------------------------------------------

/// Nobody knows just now whether it is the log it was.
inline constexpr ConditionKind log_unchecked{"log_unchecked", Severity::unready};
inline constexpr ConditionKind log_went_back{"log_went_back", Severity::unready, Urgency::act};
/// A setting of a stream lets it lose messages, or promises less than the node is to promise.
inline constexpr ConditionKind log_settings_weaker{"log_settings_weaker", Severity::unready,
                                                   Urgency::act};
/// The stream of armed timers, or of parked events, is not the one it was, or may lose messages.
inline constexpr ConditionKind timers_lost{"timers_lost", Severity::remark, Urgency::act};
inline constexpr ConditionKind parked_lost{"parked_lost", Severity::remark, Urgency::act};
inline constexpr ConditionKind clocks_differ{"clocks_differ", Severity::unready, Urgency::act};
/// Of one instance: what lies in the log under its subject is not as it must be, and its commands
/// are refused. Ends when it can be read, and when the instance leaves memory.
inline constexpr ConditionKind instance_refused{"instance_refused", Severity::remark, Urgency::act};

/// The last append was refused, or none was acknowledged for a while. The next one that is ends it.
inline constexpr ConditionKind log_refuses_appends{"log_refuses_appends", Severity::remark};

// ---- who runs what ------------------------------------------------------------------------------

/// This node is configured for another number of slots than the cluster.
inline constexpr ConditionKind slots_differ{"slots_differ", Severity::unready, Urgency::act};
/// What all nodes agree on in stream CTL is not to be had, or is another system's.
inline constexpr ConditionKind not_agreed{"not_agreed", Severity::unready, Urgency::act};
inline constexpr ConditionKind name_taken{"name_taken", Severity::unready, Urgency::act};
/// Not every slot has an owner yet since this node started.
inline constexpr ConditionKind slots_unowned{"slots_unowned", Severity::unready};
/// The server's mapping is for another number of slots.
inline constexpr ConditionKind slots_misrouted{"slots_misrouted", Severity::unready, Urgency::act};
/// The store of leases, or the log, is away; what is owned stays owned.
inline constexpr ConditionKind leases_not_renewed{"leases_not_renewed", Severity::remark};

// ---- reactions ----------------------------------------------------------------------------------

/// Of one consumer: which of its events are parked cannot be read, so it handles nothing.
inline constexpr ConditionKind parked_unread{"parked_unread", Severity::remark};
/// Of one consumer: the server does not let it be subscribed to, or has not answered for a while.
inline constexpr ConditionKind consumer_refused{"consumer_refused", Severity::remark};
/// What an event, a timer or an effect's answer asks for is tried again and again.
inline constexpr ConditionKind steps_fail{"steps_fail", Severity::remark};

/// Of timers and effects: this program does not know one, or what it asks for is refused for good.
inline constexpr ConditionKind timers_put_off{"timers_put_off", Severity::remark, Urgency::act};

// ---- what waits in a context's streams, told by the node that looks at it -----------------------

/// Of one consumer: what waits for it does not move.
inline constexpr ConditionKind consumer_stuck{"consumer_stuck", Severity::remark};
/// Of one effect: its oldest call has had no outcome for too long.
inline constexpr ConditionKind effects_stuck{"effects_stuck", Severity::remark};
inline constexpr ConditionKind events_parked{"events_parked", Severity::remark, Urgency::act};
/// Of one stream: it is sealed or nearly full.
inline constexpr ConditionKind stream_full{"stream_full", Severity::remark, Urgency::act};

inline constexpr std::array of_the_backlog{consumer_stuck, effects_stuck, events_parked,
                                           stream_full};

// ---- commands and queries -----------------------------------------------------------------------

/// Of commands or queries: some are answered 429, or not at all.
inline constexpr ConditionKind overloaded{"overloaded", Severity::remark};

// ---- views --------------------------------------------------------------------------------------

/// Of one view: its store lost it, or it has not reached the end of its stream since the start. Its
/// questions are answered with 503.
inline constexpr ConditionKind view_rebuilt{"view_rebuilt", Severity::remark};
/// Of one view: it cannot go on. Commands and other views do.
inline constexpr ConditionKind view_stopped{"view_stopped", Severity::remark, Urgency::act};
/// Of one view: its store, or the log, does not answer. It goes on by itself.
inline constexpr ConditionKind view_waits{"view_waits", Severity::remark};
/// Of one view: the next message of the log cannot be read. It goes on once that is skipped.
inline constexpr ConditionKind view_blocked{"view_blocked", Severity::remark, Urgency::act};

}  // namespace troupe::condition
