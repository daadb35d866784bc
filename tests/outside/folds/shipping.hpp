// Parcels: they react to what billing publishes.
#pragma once

#include <troupe/context.hpp>
#include "billing/v1/events.pb.h"
#include "rates.hpp"
#include "shipping/v1/commands.pb.h"
#include "shipping/v1/events.pb.h"
#include "shipping/v1/state.pb.h"
#include "weights.hpp"

namespace shipping {

struct Parcel {
  static constexpr std::string_view name = "parcel";
  using State = v1::ParcelState;
  using Commands = troupe::MessageSet<v1::PackParcel>;
  using Events = troupe::MessageSet<v1::ParcelPacked>;

  static troupe::Decision<Events> decide(const State&, const v1::PackParcel& pack) {
    return troupe::make<v1::ParcelPacked>([&](auto& e) { e.set_grams(pack.grams()); });
  }
  static void evolve(State& parcel, const v1::ParcelPacked& e) {
    parcel.set_grams(packed(e.grams()));
  }
};

struct PackWhenBilled : troupe::Reaction {
  static constexpr std::string_view name = "pack-when-billed";
  using Aggregate = Parcel;
  using Events = troupe::MessageSet<billing::v1::InvoiceIssued>;

  static troupe::Asks<Parcel> on(const troupe::Recorded<billing::v1::InvoiceIssued>& issued) {
    return troupe::ask<Parcel>(issued.id, troupe::make<v1::PackParcel>([&](auto& pack) {
                                 pack.set_grams(fee(issued.data.cents()));
                               }));
  }
};

struct Parcels : troupe::View {
  static constexpr std::string_view name = "parcels";
  using Row = v1::ParcelState;
  using Events = Parcel::Events;

  static void project(Row& row, const troupe::Recorded<v1::ParcelPacked>& packed) {
    row.set_grams(row.grams() + packed.data.grams());
  }
};

struct Shipping {
  static constexpr std::string_view name = "shipping";
  using Parts = troupe::Parts<Parcel, PackWhenBilled, Parcels>;
};

}  // namespace shipping
