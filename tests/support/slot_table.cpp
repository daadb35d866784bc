#include "tests/support/slot_table.hpp"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace troupe::test {

std::vector<SlotRow> slot_table() {
  std::ifstream file(TROUPE_TESTS "/data/slots.csv");
  std::string line;
  std::vector<SlotRow> rows;
  std::getline(file, line);  // the columns' names
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::array<std::string, 4> field;
    for (auto& one : field) std::getline(fields, one, ',');
    rows.push_back({{Token::parse(field[0]).value(), Token::parse(field[1]).value(),
                     Token::parse(field[2]).value()},
                    static_cast<std::uint32_t>(std::stoul(field[3]))});
  }
  if (rows.empty()) throw std::runtime_error("tests/data/slots.csv holds nothing");
  return rows;
}

}  // namespace troupe::test
