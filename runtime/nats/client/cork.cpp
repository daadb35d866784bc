#include "runtime/nats/client/cork.hpp"

#include <algorithm>
#include <vector>

namespace troupe::nats {

namespace {

struct OfThread {
  bool held = false;
  std::vector<std::shared_ptr<Corked>> corked;
  std::vector<natsMsg*> done_with;
};
thread_local OfThread here;

}  // namespace

void Cork::hold() { here.held = true; }

bool Cork::held() { return here.held; }

void Cork::add(const std::shared_ptr<Corked>& corked) {
  if (std::ranges::find(here.corked, corked) == here.corked.end()) here.corked.push_back(corked);
}

void Cork::destroy(natsMsg* message) noexcept {
  if (here.held)
    here.done_with.push_back(message);
  else
    natsMsg_Destroy(message);
}

void Cork::let_go() {
  here.held = false;
  for (const auto& corked : here.corked) corked->release();
  here.corked.clear();
  for (auto* message : here.done_with) natsMsg_Destroy(message);
  here.done_with.clear();
}

}  // namespace troupe::nats
