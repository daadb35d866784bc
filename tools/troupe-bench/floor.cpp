// Implements the yardstick by hand against nats.c: one file, nothing of Troupe's in the way.
// Whoever compares the runtime with it can see at one glance that it does no more than it must.
#include "tools/troupe-bench/floor.hpp"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>

#include <nats/nats.h>

#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"

namespace troupe::tool {

namespace {

constexpr const char* acks = "_INBOX.floor";

class Floor {
public:
  explicit Floor(const FloorOptions& options) : body_(options.body_bytes, 'x') {
    natsOptions_Create(&options_);
    natsOptions_SetURL(options_, options.nats_url.c_str());
    natsOptions_SetName(options_, "troupe-bench floor");
    natsOptions_SetSendAsap(options_, options.send_asap);
  }
  ~Floor() {
    if (connection_ != nullptr) natsConnection_Close(connection_);
    natsSubscription_Destroy(requests_);
    natsSubscription_Destroy(acknowledgements_);
    natsConnection_Destroy(connection_);
    natsOptions_Destroy(options_);
  }

  natsStatus start() {
    natsStatus status = natsConnection_Connect(&connection_, options_);
    if (status == NATS_OK)
      status = natsConnection_Subscribe(&acknowledgements_, connection_,
                                        (std::string(acks) + ".*").c_str(), on_acknowledged, this);
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(acknowledgements_, -1, -1);
    if (status == NATS_OK)
      status = natsConnection_QueueSubscribe(&requests_, connection_, "cmd.bench.>", "floor",
                                             on_request, this);
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(requests_, -1, -1);
    return status == NATS_OK ? natsConnection_Flush(connection_) : status;
  }

private:
  struct Instance {
    std::string subject;
    std::string inbox;
    unsigned long long sequence = 0;
    unsigned long long version = 0;
    std::deque<std::string> waiting;  // where to answer; the first one's publish is under way
  };

  static void on_request(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
    auto& self = *static_cast<Floor*>(closure);
    const char* reply = natsMsg_GetReply(message);
    const std::string subject = natsMsg_GetSubject(message);  // cmd.bench.item.<id>.Record
    {
      const std::lock_guard lock(self.mutex_);
      auto& instance = self.instance_of(subject.substr(4, subject.rfind('.') - 4));
      instance.waiting.emplace_back(reply != nullptr ? reply : "");
      if (instance.waiting.size() == 1) self.publish(instance);
    }
    natsMsg_Destroy(message);
  }

  Instance& instance_of(const std::string& name) {
    const auto [found, is_new] = numbers_.emplace(name, instances_.size());
    if (is_new)
      instances_.push_back({.subject = "evt." + name,
                            .inbox = std::string(acks) + "." + std::to_string(found->second),
                            .waiting = {}});
    return instances_[found->second];
  }

  void publish(Instance& instance) {
    const unsigned long long version = instance.version + 1;
    std::memcpy(body_.data(), &version, floor_version_bytes);
    natsMsg* event = nullptr;
    natsMsg_Create(&event, instance.subject.c_str(), instance.inbox.c_str(), body_.data(),
                   static_cast<int>(body_.size()));
    natsMsgHeader_Add(event, "Nats-Expected-Last-Subject-Sequence",
                      std::to_string(instance.sequence).c_str());
    natsConnection_PublishMsg(connection_, event);
    natsMsg_Destroy(event);
  }

  static void on_acknowledged(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
    auto& self = *static_cast<Floor*>(closure);
    const char* number = std::strrchr(natsMsg_GetSubject(message), '.') + 1;
    const std::string text(natsMsg_GetData(message),
                           static_cast<std::size_t>(natsMsg_GetDataLength(message)));
    const auto at = text.find("\"seq\":");
    const auto sequence =
        at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 6, nullptr, 10);
    std::string reply;
    {
      const std::lock_guard lock(self.mutex_);
      auto& instance = self.instances_[std::strtoull(number, nullptr, 10)];
      if (sequence != 0) {  // else it is not answered, and the run does not verify
        instance.sequence = sequence;
        ++instance.version;
        reply = instance.waiting.front();
      }
      instance.waiting.pop_front();
      if (!instance.waiting.empty()) self.publish(instance);
    }
    if (!reply.empty()) natsConnection_PublishString(self.connection_, reply.c_str(), "+");
    natsMsg_Destroy(message);
  }

  natsOptions* options_ = nullptr;
  natsConnection* connection_ = nullptr;
  natsSubscription* requests_ = nullptr;
  natsSubscription* acknowledgements_ = nullptr;
  std::mutex mutex_;  // guards what follows
  std::string body_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::deque<Instance> instances_;
};

}  // namespace

int serve_floor(const FloorOptions& options) {
  const program::StopSignals signals;
  Floor floor(options);
  if (const natsStatus started = floor.start(); started != NATS_OK)
    return program::complain(program::exit_usage, std::string("the floor could not start: ")
                                                      + natsStatus_GetText(started));
  signals.wait();
  return program::exit_ok;
}

}  // namespace troupe::tool
