// Every nats.c handle has one owning type.
#pragma once

#include <memory>

#include <nats/nats.h>

#include "runtime/nats/client/cork.hpp"

namespace troupe::nats {

template <auto Destroy>
struct Deleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Destroy(handle);
  }
};

using OptionsHandle = std::unique_ptr<natsOptions, Deleter<natsOptions_Destroy>>;
using ConnectionHandle = std::unique_ptr<natsConnection, Deleter<natsConnection_Destroy>>;
using SubscriptionHandle = std::unique_ptr<natsSubscription, Deleter<natsSubscription_Destroy>>;
using MessageHandle = std::unique_ptr<natsMsg, Deleter<Cork::destroy>>;

}  // namespace troupe::nats
