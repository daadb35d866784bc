// A program that serves contexts: what main() of a service is. Link Troupe::runtime.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include <troupe/context.hpp>
#include <troupe/port.hpp>

namespace troupe {

namespace program {
struct Parts;
}

/// A node that a program has started itself. Serves until stop() or destruction. Used by one thread
/// at a time, whichever. When NATS refuses its login for good the process ends with exit code 3, as
/// that of `node` does: whoever watches it starts it anew.
class RunningNode {
public:
  virtual ~RunningNode() = default;

  /// Takes no more commands, finishes those in hand, writes snapshots, gives up its leases. Blocks
  /// for some seconds, and for as long as a port's function does not return. Repeating it does
  /// nothing.
  virtual void stop() = 0;
};

/// Contexts, who performs their effects, and settings of the program's own:
///
///     constexpr const char* settings = R"([cards]
///     # Who charges cards, as a NATS subject.
///     subject = "cards.charge"
///     )";
///
///     int main(int argc, char** argv) {
///       return troupe::Program("subscriptions")
///           .context<subscriptions::Subscriptions>()
///           .effect<subscriptions::ChargeCard>([](const troupe::Settings& s) {
///             return troupe::nats_request(s.text("cards.subject"));
///           })
///           .settings(settings)
///           .run(argc, argv);
///     }
///
/// The program then has the commands node, send, query, state, decode, check, accept-log and skip;
/// each says with --help what it does. Not thread safe.
class Program {
public:
  /// `name`: what a person types to run it, for its help and its complaints.
  explicit Program(std::string name);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  /// Serves a context. A mistake in its declarations that the compiler cannot see is told by run()
  /// and start().
  template <class C>
  Program& context() {
    return context(model_of<C>());
  }
  Program& context(ContextModel model);

  /// Who performs an effect of one of its contexts. Without it no node starts that serves the
  /// context. Names of effects are unique in a program. `make` runs once for each node that starts,
  /// with settings that it may copy; what it throws keeps the node from starting.
  template <class E>
  Program& effect(MakePort make) {
    static_assert(IsEffect<E>);
    return effect(E::name, std::move(make));
  }

  /// TOML with every setting of the program's own, each with its default and a comment above it, in
  /// tables that are none of a node's. They stand in a node's configuration behind those of the
  /// runtime, are printed by `node --print-config`, and other keys are refused.
  Program& settings(std::string toml);

  /// Does what the arguments ask for, and returns the program's exit code: 0 done, 1 the answer was
  /// no, 2 wrong arguments or it cannot run, 3 the outcome is unknown. Blocks; `node` until
  /// SIGTERM or SIGINT, for which it blocks these signals in all threads that start later.
  int run(int argc, char** argv);

  /// Whether to give up starting, asked while servers are waited for; it may wait itself, for the
  /// time it is given at most.
  using GivenUp = std::function<bool(std::chrono::milliseconds)>;

  /// For programs that do more than this: starts a node with a configuration as the file of `node
  /// --config` holds it, and returns once it serves. More than one may run, each with a name of its
  /// own. Touches neither signals nor standard streams, but logs to stderr. The error is one
  /// sentence that says what to do. `given_up` empty: servers that are away are waited for without
  /// end.
  tl::expected<std::unique_ptr<RunningNode>, std::string> start(std::string_view toml,
                                                                const GivenUp& given_up = {});

  /// For the runtime.
  const program::Parts& parts() const { return *parts_; }

private:
  Program& effect(std::string_view name, MakePort make);

  std::unique_ptr<program::Parts> parts_;
};

}  // namespace troupe
