// Takes away what a lost connection has left in nats.c's parser.
#pragma once

namespace troupe::nats {

/// On an event loop nats.c keeps its parser over a reconnect (its issue 1007): a connection that
/// was lost in the middle of a message takes what comes over the next one for the rest of it, and
/// hands on a message that nobody sent. nats.c makes a parser where it has none, by a function that
/// a program may put its own in front of, as here: so is known where the parser is. Where that does
/// not work, as with a nats.c that is linked statically, the parser stays.
/// Thread safety: of one thread, which reads the connection.
class Parser {
public:
  /// A parser that is made on this thread from now on is this one.
  void begin_here();
  static void end_here();

  /// The next read gets a new one.
  void drop();

  void found(void** where) { where_ = where; }

private:
  void** where_ = nullptr;  ///< in nats.c's connection
};

}  // namespace troupe::nats
