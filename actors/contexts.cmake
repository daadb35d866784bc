# The shop's contexts, a library each, made as any other team makes its own: see
# runtime/cmake/TroupeContext.cmake. A context links the published events of others and nothing else.
troupe_events(NAME money SCHEMAS money/v1/money.proto)

troupe_context(
  NAME ordering
  HEADER actors/ordering/ordering.hpp
  SCHEMAS ordering/v1/events.proto ordering/v1/commands.proto ordering/v1/state.proto ordering/v1/rows.proto
  IMPORTS money
  REACTS_TO inventory_events payments_events)

troupe_context(
  NAME inventory
  HEADER actors/inventory/inventory.hpp
  SCHEMAS inventory/v1/events.proto inventory/v1/commands.proto inventory/v1/state.proto inventory/v1/rows.proto
  REACTS_TO ordering_events payments_events)

troupe_context(
  NAME payments
  HEADER actors/payments/payments.hpp
  SCHEMAS payments/v1/events.proto payments/v1/commands.proto payments/v1/state.proto payments/v1/gateway.proto
  IMPORTS money
  REACTS_TO ordering_events inventory_events)

troupe_context(
  NAME notifications
  HEADER actors/notifications/notifications.hpp
  SCHEMAS notifications/v1/events.proto notifications/v1/commands.proto notifications/v1/state.proto
  IMPORTS money
  REACTS_TO ordering_events payments_events)
target_link_libraries(notifications PUBLIC troupe_schemas) # it sends mail

foreach(context ordering inventory payments notifications)
  target_link_libraries(${context} PRIVATE troupe_options)
  target_precompile_headers(${context} REUSE_FROM troupe_precompiled)
endforeach()
