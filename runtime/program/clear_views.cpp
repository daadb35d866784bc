#include "runtime/program/clear_views.hpp"

#include "runtime/program/output.hpp"

namespace troupe::program {

Result<void> clear_views(ViewStore& views, const ContextModel& model, std::uint64_t sound) {
  for (const auto& view : model.views) {
    const ViewName name{*Token::parse(model.name), *Token::parse(view.name)};
    const auto checkpoint = views.checkpoint(name);
    if (!checkpoint) return tl::make_unexpected(checkpoint.error());
    if (*checkpoint <= sound) continue;
    if (auto cleared = views.clear(name); !cleared) return cleared;
    say("view " + model.name + "." + view.name + ": cleared, its node builds it again");
  }
  return {};
}

}  // namespace troupe::program
