// The options of every command that drives orders.
#pragma once

#include <cstddef>
#include <string>

#include <CLI/CLI.hpp>

namespace troupe::tool {

/// `--orders` with a file, or `--count` of orders that are made up.
inline void add_orders_options(CLI::App& command, std::string& file, std::size_t& count) {
  auto* orders = command.add_option("--orders", file, "CSV or CSV.gz in the Online Retail layout");
  command.add_option("--count", count, "Orders to make up without --orders")
      ->check(CLI::Range(1, 1'000'000))
      ->excludes(orders)
      ->capture_default_str();
}

}  // namespace troupe::tool
