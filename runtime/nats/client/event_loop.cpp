// Implements the loop on nats.c's libuv adapter, whose functions this file alone may define.
#include "runtime/nats/client/event_loop.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sched.h>

#include <nats/nats.h>

#include "runtime/base/assert.hpp"
#include "runtime/nats/client/attempt.hpp"
#include "runtime/nats/client/cork.hpp"
#include "runtime/nats/client/parser.hpp"
#include "runtime/nats/client/tls_wire.hpp"

namespace {

/// Stands before nats.c's reading and writing on the loop's thread.
struct Wire {
  virtual void read(natsConnection* connection) = 0;
  virtual void write(natsConnection* connection) = 0;

protected:
  ~Wire() = default;
};

thread_local Wire* wire_here = nullptr;

void read_wire(natsConnection* connection) { wire_here->read(connection); }
void write_wire(natsConnection* connection) { wire_here->write(connection); }

}  // namespace

// The adapter calls nats.c itself when there is something to read or to write.
#define natsConnection_ProcessReadEvent read_wire
#define natsConnection_ProcessWriteEvent write_wire
#include <nats/adapters/libuv.h>
#undef natsConnection_ProcessReadEvent
#undef natsConnection_ProcessWriteEvent

namespace troupe::nats {

/// Stands between nats.c and the adapter. nats.c asks once for its buffer to be written, and says
/// when that is done. Either the loop writes, which must be woken for it, or the thread that lets
/// go of the cork, which is awake; never both at a time, as nats.c takes an empty write for a lost
/// connection. Over TLS the loop alone reads and writes, by way of TlsWire.
struct EventLoop::Impl final : Corked, Wire, std::enable_shared_from_this<Impl> {
  Impl(std::chrono::milliseconds attempt_max, std::function<void()> stuck,
       std::function<void()> on_tick)
      : tick(std::move(on_tick)), attempt(attempt_max, std::move(stuck)) {}

  const std::function<void()> tick;
  uv_loop_t loop;
  uv_timer_t ticker;
  uv_check_t barrier;
  bool has_run = false;
  std::thread thread;
  Attempt attempt;
  Parser parser;
  bool tls_required = false;  // constant once it connects

  std::mutex mutex;  // guards what follows; taken under the connection's lock, never the reverse
  std::condition_variable written;
  natsConnection* connection = nullptr;
  void* adapter = nullptr;       // the adapter's own data; none before and after it is attached
  bool open = false;             // the loop polls the socket: nothing is passed on before or after
  bool fresh = false;            // nothing has been read from it yet
  std::shared_ptr<TlsWire> tls;  // none while it is in clear
  std::atomic<bool> plain = false;  // open, in clear, and not fresh; written under the mutex
  bool asked = false;               // nats.c has something to write
  bool held_back = false;           // asked for, and nobody writes yet
  bool passed_on = false;           // the loop writes
  bool writing_here = false;        // a thread that let go of the cork writes

  /// Returns when the connection has closed and the adapter has let go of it.
  void run() {
    has_run = true;
    wire_here = this;
    parser.begin_here();
    natsLibuv_SetThreadLocalLoop(&loop);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close(reinterpret_cast<uv_handle_t*>(&ticker), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&barrier), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    natsLibuv_SetThreadLocalLoop(nullptr);
    Parser::end_here();
    wire_here = nullptr;
  }

  void read(natsConnection* from) override {
    if (plain) return natsConnection_ProcessReadEvent(from);
    std::shared_ptr<TlsWire> over;
    {
      const std::lock_guard lock(mutex);
      if (!open) return;
      if (std::exchange(fresh, false)) parser.drop();
      over = tls;
      plain = over == nullptr;
    }
    if (over)
      read_tls(from, *over);
    else
      natsConnection_ProcessReadEvent(from);
  }
  void read_tls(natsConnection* from, TlsWire& over) {
    over.receive();
    while (over.readable()) {
      natsConnection_ProcessReadEvent(from);
      if (over.ended() || over.left_unread()) break;
    }
    send(over);  // OpenSSL may have answered something of its own
  }

  void write(natsConnection* to) override {
    std::shared_ptr<TlsWire> over;
    bool waits = false;  // something that nats.c has
    if (!plain) {
      const std::lock_guard lock(mutex);
      over = tls;
      waits = asked;
    }
    if (!over) return natsConnection_ProcessWriteEvent(to);
    over->send();
    if (over->unsent() == 0 && waits) {
      errno = 0;  // with an older EAGAIN in it nats.c would take an error for a socket that is full
      natsConnection_ProcessWriteEvent(to);
    }
    send(*over);
  }
  void send(TlsWire& over) {
    over.send();
    const std::lock_guard lock(mutex);
    if (!open || tls.get() != &over) return;
    const bool more = asked || over.unsent() > 0;
    if (more && !passed_on) (void)pass_on();
    if (!more && std::exchange(passed_on, false)) (void)natsLibuv_Write(adapter, false);
  }

  natsStatus ask_for_writing() {
    const std::lock_guard lock(mutex);
    asked = true;
    if (tls) return passed_on ? NATS_OK : pass_on();
    if (!Cork::held() && !writing_here) return pass_on();
    held_back = true;
    return NATS_OK;
  }
  natsStatus stop_writing() {
    const std::lock_guard lock(mutex);
    asked = held_back = false;
    if (tls) return NATS_OK;  // what nats.c has written is not sent yet
    return std::exchange(passed_on, false) ? natsLibuv_Write(adapter, false) : NATS_OK;
  }
  natsStatus pass_on() {
    held_back = false;
    passed_on = true;
    return natsLibuv_Write(adapter, true);
  }

  void wake() {
    const std::lock_guard lock(mutex);
    if (held_back && !writing_here && open) (void)pass_on();
  }
  void release() override {
    std::unique_lock lock(mutex);
    if (writing_here) return;  // that thread looks again
    while (held_back && open) {
      held_back = false;
      writing_here = true;
      auto* const written_to = connection;
      lock.unlock();
      if (natsConnection_Buffered(written_to) > 0) natsConnection_ProcessWriteEvent(written_to);
      lock.lock();
      writing_here = false;
      // Full is the socket of a connection that was not lost meanwhile: that would have said stop.
      if (asked && !held_back && open) (void)pass_on();
    }
    written.notify_all();
  }
  void wait_for_writers() {
    std::unique_lock lock(mutex);
    written.wait(lock, [this] { return !writing_here; });
  }

  /// What was held back just before a handler that hangs goes out all the same, pings among it.
  void start_ticker() {
    constexpr std::uint64_t interval_ms = tick_interval.count();
    uv_timer_init(&loop, &ticker);
    ticker.data = this;
    uv_timer_start(
        &ticker,
        [](uv_timer_t* timer) {
          auto& self = *static_cast<Impl*>(timer->data);
          self.wake();
          self.tick();
        },
        interval_ms, interval_ms);
    uv_unref(reinterpret_cast<uv_handle_t*>(&ticker));
  }

  /// nats.c 3.4.1's adapter still wakes the loop by what the loop, woken already, is about to free.
  /// Between the two the loop waits for whoever is calling the adapter.
  void start_barrier() {
    uv_check_init(&loop, &barrier);
    barrier.data = this;
    uv_check_start(&barrier, [](uv_check_t* check) {
      const std::lock_guard lock(static_cast<Impl*>(check->data)->mutex);
    });
    uv_unref(reinterpret_cast<uv_handle_t*>(&barrier));
  }

  /// REQUIRES: the mutex is held.
  void let_go_of_socket() {
    plain = false;
    if (const auto over = std::exchange(tls, nullptr)) over->end();
  }
  std::size_t unsent() {
    const std::lock_guard lock(mutex);
    return tls ? tls->unsent() : 0;
  }

  // What nats.c calls, under the connection's lock.
  static natsStatus on_attach(void** data, void* closure, natsConnection* connection,
                              natsSock socket) {
    auto& self = *static_cast<Impl*>(closure);
    *data = closure;
    self.attempt.end();
    auto over = TlsWire::over(socket);
    if (self.tls_required && !over) return NATS_SSL_ERROR;
    const std::lock_guard lock(self.mutex);
    self.let_go_of_socket();
    self.fresh = true;
    self.passed_on = false;
    self.tls = std::move(over);
    self.connection = connection;
    const natsStatus attached = natsLibuv_Attach(&self.adapter, &self.loop, connection, socket);
    self.open = attached == NATS_OK;
    return attached;
  }
  static natsStatus on_read(void* data, bool add) {
    auto& self = *static_cast<Impl*>(data);
    if (!add) self.attempt.begin();  // to reconnect, unless it is the end
    const std::lock_guard lock(self.mutex);
    self.open = add;
    if (!add) self.asked = self.held_back = false;
    if (!add) self.let_go_of_socket();
    return natsLibuv_Read(self.adapter, add);
  }
  static natsStatus on_write(void* data, bool add) {
    auto& self = *static_cast<Impl*>(data);
    return add ? self.ask_for_writing() : self.stop_writing();
  }
  static natsStatus on_detach(void* data) {
    auto& self = *static_cast<Impl*>(data);
    self.attempt.end();
    const std::lock_guard lock(self.mutex);
    self.open = false;
    self.let_go_of_socket();
    return natsLibuv_Detach(std::exchange(self.adapter, nullptr));
  }
};

namespace {

/// nats.c hands every message that is done with to a thread of its own to be freed. Woken for each,
/// that thread drove those that do the work from their processor, once per message. Threads inherit
/// this policy, under which they run as soon as there is room but push nobody aside.
void open_library() {
  std::thread([] {
    const sched_param none{};
    (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    const natsStatus opened = nats_Open(-1);
    TROUPE_ASSERT(opened == NATS_OK, "nats.c could not be started");
  }).join();
}

}  // namespace

EventLoop::EventLoop(std::chrono::milliseconds attempt_max, std::function<void()> stuck,
                     std::function<void()> tick)
    : impl_(std::make_shared<Impl>(attempt_max, std::move(stuck), std::move(tick))) {
  static std::once_flag opened;
  std::call_once(opened, [] {
    TlsWire::watch_openssl();
    open_library();
  });
  natsLibuv_Init();
  TROUPE_ASSERT(uv_loop_init(&impl_->loop) == 0, "libuv could not make a loop");
  impl_->start_ticker();
  impl_->start_barrier();
}

EventLoop::~EventLoop() {
  if (impl_->thread.joinable())
    impl_->thread.join();
  else if (!impl_->has_run)
    impl_->run();
  TROUPE_ASSERT(uv_loop_close(&impl_->loop) == 0, "a loop ends after its connection");
}

natsStatus EventLoop::connect(natsConnection** connection, natsOptions* options, bool tls) {
  impl_->tls_required = tls;
  const natsStatus set = natsOptions_SetEventLoop(options, impl_.get(), Impl::on_attach,
                                                  Impl::on_read, Impl::on_write, Impl::on_detach);
  if (set != NATS_OK) return set;
  // The first attachment belongs to the loop's thread, and until it runs that is this one.
  natsLibuv_SetThreadLocalLoop(&impl_->loop);
  impl_->attempt.begin();
  const natsStatus connected = natsConnection_Connect(connection, options);
  impl_->attempt.end();
  if (connected != NATS_OK) {
    impl_->run();  // lets go of what was attached before the failure, if anything was
    return connected;
  }
  natsLibuv_SetThreadLocalLoop(nullptr);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
  return NATS_OK;
}

void EventLoop::tries_again() { impl_->attempt.begin(); }

std::size_t EventLoop::unsent() const { return impl_->unsent(); }

void EventLoop::wake() { impl_->wake(); }

void EventLoop::hold_back() { Cork::add(impl_); }

void EventLoop::wait_for_writers() { impl_->wait_for_writers(); }

}  // namespace troupe::nats
