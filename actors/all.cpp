#include "actors/all.hpp"

#include <troupe/context.hpp>
#include "actors/inventory/inventory.hpp"
#include "actors/notifications/notifications.hpp"
#include "actors/ordering/ordering.hpp"
#include "actors/payments/payments.hpp"

std::vector<troupe::ContextModel> all_contexts() {
  return {troupe::model_of<ordering::Ordering>(), troupe::model_of<inventory::Inventory>(),
          troupe::model_of<payments::Payments>(), troupe::model_of<notifications::Notifications>()};
}

std::vector<std::string> all_context_names() {
  std::vector<std::string> names;
  for (const auto& context : all_contexts()) names.push_back(context.name);
  return names;
}
