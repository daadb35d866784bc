// The options of every command that drives orders.
#pragma once

#include <cstddef>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/shop/demo/script.hpp"

namespace troupe::tool {

/// `--orders` with a file, or `--count` of orders that are made up.
inline void add_orders_options(CLI::App& command, std::string& file, std::size_t& count) {
  auto* orders = command.add_option("--orders", file, "CSV or CSV.gz in the Online Retail layout");
  command.add_option("--count", count, "Orders to make up without --orders")
      ->check(CLI::Range(1, 1'000'000))
      ->excludes(orders)
      ->capture_default_str();
}

/// All that decides what is driven.
inline void add_script_options(CLI::App& command, ScriptOptions& script,
                               const std::string& what_seed_decides) {
  add_orders_options(command, script.orders_file, script.count);
  command.add_option("--seed", script.seed, what_seed_decides)->capture_default_str();
  command
      .add_option("--stock-factor", script.stock_factor,
                  "Share of each article's demand that is stocked, rounded up")
      ->capture_default_str();
}

}  // namespace troupe::tool
