// Every service this program can host.
#pragma once

#include <string>
#include <vector>

#include <troupe/model.hpp>

/// The models of all contexts, in the order in which an order meets them. Thread safe.
std::vector<troupe::ContextModel> all_contexts();

/// Their names, in the same order.
std::vector<std::string> all_context_names();
