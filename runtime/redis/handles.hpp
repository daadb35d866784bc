// Every hiredis handle has one owning type.
#pragma once

#include <memory>

#include <hiredis/hiredis.h>

namespace troupe::redis {

struct FreeContext {
  void operator()(redisContext* context) const noexcept { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

using ContextHandle = std::unique_ptr<redisContext, FreeContext>;
using ReplyHandle = std::unique_ptr<redisReply, FreeReply>;

}  // namespace troupe::redis
