// Prints the contexts with their fingerprints.
#include <iostream>

#include "billing.hpp"
#include "shipping.hpp"

int main() {
  for (const auto& context :
       {troupe::model_of<billing::Billing>(), troupe::model_of<shipping::Shipping>()})
    std::cout << context.name << ' ' << context.fingerprint << '\n';
}
