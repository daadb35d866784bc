#include "runtime/nats/client/parser.hpp"

#include <utility>

#include <dlfcn.h>
#include <nats/nats.h>

namespace {

thread_local troupe::nats::Parser* parser_here = nullptr;

template <class Function>
Function* of_nats(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

/// Is called by nats.c in place of its own, unless that is linked into this program.
extern "C" [[gnu::weak]] natsStatus natsParser_Create(void** parser) {
  static auto* const create = of_nats<natsStatus(void**)>("natsParser_Create");
  if (create == nullptr) return NATS_NOT_FOUND;
  if (parser_here != nullptr) parser_here->found(parser);
  return create(parser);
}

namespace troupe::nats {

void Parser::begin_here() { parser_here = this; }

void Parser::end_here() { parser_here = nullptr; }

void Parser::drop() {
  static auto* const destroy = of_nats<void(void*)>("natsParser_Destroy");
  if (where_ == nullptr || destroy == nullptr) return;
  destroy(std::exchange(*where_, nullptr));
}

}  // namespace troupe::nats
