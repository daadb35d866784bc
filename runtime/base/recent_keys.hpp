// Remembers the last so many keys.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_set>

namespace troupe::engine {

class RecentKeys {
public:
  explicit RecentKeys(std::size_t max) : max_(max) {}

  bool contains(const std::string& key) const { return keys_.contains(key); }

  /// At the bound the oldest is forgotten.
  void add(const std::string& key) {
    if (!keys_.insert(key).second) return;
    order_.push_back(key);
    if (order_.size() <= max_) return;
    keys_.erase(order_.front());
    order_.pop_front();
  }

private:
  std::size_t max_;
  std::list<std::string> order_;  // oldest first
  std::unordered_set<std::string> keys_;
};

}  // namespace troupe::engine
