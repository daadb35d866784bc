// Implements the loop on nats.c's libuv adapter, whose functions this file alone may define.
#include "runtime/nats/event_loop.hpp"

#include <thread>

#include <nats/adapters/libuv.h>

#include "runtime/ports/assert.hpp"

namespace troupe::nats {

struct EventLoop::Impl {
  uv_loop_t loop;
  std::thread thread;

  /// Returns when the connection has closed and the adapter has let go of it.
  void run() {
    natsLibuv_SetThreadLocalLoop(&loop);
    uv_run(&loop, UV_RUN_DEFAULT);
    natsLibuv_SetThreadLocalLoop(nullptr);
  }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
  natsLibuv_Init();
  TROUPE_ASSERT(uv_loop_init(&impl_->loop) == 0, "libuv could not make a loop");
}

EventLoop::~EventLoop() {
  if (impl_->thread.joinable()) impl_->thread.join();
  TROUPE_ASSERT(uv_loop_close(&impl_->loop) == 0, "a loop ends after its connection");
}

natsStatus EventLoop::connect(natsConnection** connection, natsOptions* options) {
  const natsStatus set = natsOptions_SetEventLoop(
      options, &impl_->loop, natsLibuv_Attach, natsLibuv_Read, natsLibuv_Write, natsLibuv_Detach);
  if (set != NATS_OK) return set;
  // The first attachment belongs to the loop's thread, and until it runs that is this one.
  natsLibuv_SetThreadLocalLoop(&impl_->loop);
  const natsStatus connected = natsConnection_Connect(connection, options);
  if (connected != NATS_OK) {
    impl_->run();  // lets go of what was attached before the failure, if anything was
    return connected;
  }
  natsLibuv_SetThreadLocalLoop(nullptr);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
  return NATS_OK;
}

}  // namespace troupe::nats
