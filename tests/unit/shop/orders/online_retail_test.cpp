// Reading orders from files of the Online Retail layout.
#include "tools/shop/orders/online_retail.hpp"

#include <fstream>

#include <zlib.h>
#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"

namespace {

using namespace troupe::tool;
using Catch::Matchers::ContainsSubstring;

const std::string header =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

auto parse(const std::string& lines) { return parse_online_retail("orders.csv", header + lines); }

std::string problem(const std::string& text) {
  const auto invoices = parse_online_retail("orders.csv", text);
  return invoices ? "" : invoices.error().what;
}

TEST_CASE("lines of one invoice become one order in the order of the file", "[orders]") {
  const auto invoices = parse(
      "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
      "536366,22633,WARMER,3,2010-12-01 08:28:00,1.85,17851.0,United Kingdom\n"
      "536365,71053,LANTERN,-2,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n");
  REQUIRE(invoices);
  REQUIRE(invoices->size() == 2);
  const auto& first = invoices->at(0);
  CHECK(first.number == "536365");
  CHECK(first.customer == "17850");
  CHECK_FALSE(first.cancels());
  REQUIRE(first.lines.size() == 2);
  CHECK(first.lines[0].article == "85123A");
  CHECK(first.lines[0].quantity == 6);
  CHECK(first.lines[0].unit_price_minor == 255);
  CHECK(first.lines[1].quantity == -2);
  CHECK(invoices->at(1).number == "536366");
}

TEST_CASE("a quoted field may hold commas and quotes", "[orders]") {
  const auto invoices = parse("1,A,\"SET OF 3, \"\"BLUE\"\"\",1,now,1.00,5.0,\"Eire, Rep\"\n");
  REQUIRE(invoices);
  CHECK(invoices->at(0).lines.at(0).unit_price_minor == 100);
}

TEST_CASE("an order without a customer is a guest's and C starts a cancellation", "[orders]") {
  const auto invoices = parse("1,A,x,1,now,1.00,,UK\nC2,A,x,-1,now,1.00,7.0,UK\n");
  REQUIRE(invoices);
  CHECK(invoices->at(0).customer.empty());
  CHECK(invoices->at(1).cancels());
}

TEST_CASE("line ends may be CR LF, the last one may be missing, and blank lines count for nothing",
          "[orders]") {
  const auto invoices = parse_online_retail(
      "orders.csv",
      "InvoiceNo,StockCode,Quantity,UnitPrice,CustomerID\r\n1,A,2,1.00,5\r\n\r\n2,B,3,2.50,6");
  REQUIRE(invoices);
  REQUIRE(invoices->size() == 2);
  CHECK(invoices->at(1).customer == "6");
}

TEST_CASE("lines that end with CR alone are refused, not taken for one line", "[orders]") {
  const std::string columns = "InvoiceNo,StockCode,Quantity,UnitPrice,CustomerID";
  CHECK_THAT(problem(columns + "\r1,A,2,1.00,5\r2,B,3,2.50,6\r"),
             ContainsSubstring("orders.csv, line 1") && ContainsSubstring("carriage return"));
  CHECK_THAT(problem(columns + "\n1,A,2,1.00,5\r2,B,3,2.50,6\n"),
             ContainsSubstring("orders.csv, line 2"));
  CHECK_THAT(problem(columns + "\n1,A,2,1.00,5\n2,B,3,2.50,6\r"),
             ContainsSubstring("orders.csv, line 3"));
}

TEST_CASE("a file without an order is refused", "[orders]") {
  CHECK_THAT(problem(header), ContainsSubstring("no order"));
  CHECK_THAT(problem(header + "\n\n"), ContainsSubstring("no order"));
}

TEST_CASE("columns are found by their names", "[orders]") {
  const auto invoices = parse_online_retail(
      "orders.csv", "CustomerID,UnitPrice,Quantity,StockCode,InvoiceNo\n9,0.42,7,A,1\n");
  REQUIRE(invoices);
  CHECK(invoices->at(0).lines.at(0).quantity == 7);
  CHECK(invoices->at(0).lines.at(0).unit_price_minor == 42);
}

TEST_CASE("a stock code with a space is escaped", "[orders]") {
  const auto invoices = parse("1,BANK CHARGES,x,1,now,15.0,,UK\n");
  REQUIRE(invoices);
  CHECK(invoices->at(0).lines.at(0).article == "BANK_20CHARGES");
}

TEST_CASE("a price that is no whole number of pennies is read as one nobody may order at",
          "[orders]") {
  const auto invoices = parse("1,PADS,x,1,now,0.001,,UK\n");
  REQUIRE(invoices);
  CHECK(invoices->at(0).lines.at(0).unit_price_minor == 0);
}

TEST_CASE("a missing column is named", "[orders]") {
  CHECK(problem("InvoiceNo,StockCode,UnitPrice,CustomerID\n1,A,1.00,5\n")
        == "orders.csv, line 1: the column Quantity is missing");
}

TEST_CASE("an empty file lacks its header", "[orders]") {
  CHECK_THAT(problem(""), ContainsSubstring("orders.csv is empty"));
}

TEST_CASE("a broken line is named with what is wrong", "[orders]") {
  const auto good = header + "1,A,x,1,now,1.00,,UK\n";
  CHECK(problem(good + "2,A,x,1\n") == "orders.csv, line 3: fewer fields than the header has");
  CHECK(problem(good + "2,A,x,1,now,1.00,,UK,more\n")
        == "orders.csv, line 3: more fields than the header has");
  CHECK(problem(good + "2,A,\"x,1,now,1.00,,UK\n")
        == "orders.csv, line 3: a quoted field is not closed");
  CHECK(problem(good + "2,A,x,one,now,1.00,,UK\n")
        == "orders.csv, line 3: Quantity 'one' is no whole number");
  CHECK(problem(good + "2,A,x,99999999999,now,1.00,,UK\n")
        == "orders.csv, line 3: Quantity '99999999999' is no whole number");
  CHECK(problem(good + "2,A,x,1,now,1.2.3,,UK\n")
        == "orders.csv, line 3: UnitPrice '1.2.3' is no amount of money");
  CHECK(problem(good + ",A,x,1,now,1.00,,UK\n")
        == "orders.csv, line 3: InvoiceNo '' is no legal name");
  CHECK_THAT(problem(good + "2," + std::string(65, 'A') + ",x,1,now,1.00,,UK\n"),
             ContainsSubstring("line 3: StockCode"));
  CHECK_THAT(problem(good + "1,A,x,1,now,1.00,8.0,UK\n"), ContainsSubstring("two customers"));
  CHECK_THAT(problem(good + std::string("2,A\0x\n", 6)), ContainsSubstring("line 3: a zero byte"));
}

TEST_CASE("a compressed file reads like a plain one", "[orders]") {
  const TempFolder folder("troupe-orders");
  const auto text = header + "1,A,x,1,now,1.00,,UK\n";
  const auto plain = folder.path() / "orders.csv";
  const auto compressed = folder.path() / "orders.csv.gz";
  std::ofstream(plain) << text;
  gzFile file = gzopen(compressed.c_str(), "wb");
  REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0);
  REQUIRE(gzclose(file) == Z_OK);

  const auto from_plain = read_online_retail(plain);
  const auto from_compressed = read_online_retail(compressed);
  REQUIRE(from_plain);
  REQUIRE(from_compressed);
  CHECK(from_compressed->at(0).number == from_plain->at(0).number);
}

TEST_CASE("a compressed file that was cut off is not taken for a short one", "[orders]") {
  const TempFolder folder("troupe-orders");
  const auto path = folder.path() / "orders.csv.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  for (int i = 0; i < 1'000; ++i) gzprintf(file, "%d,some text to compress\n", i * 7919);
  gzclose(file);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);

  const auto invoices = read_online_retail(path);
  REQUIRE_FALSE(invoices);
  CHECK_THAT(invoices.error().what, ContainsSubstring("cannot read " + path.string()));
}

TEST_CASE("a file that is not there is one sentence", "[orders]") {
  const auto invoices = read_online_retail("/nowhere/orders.csv");
  REQUIRE_FALSE(invoices);
  CHECK(invoices.error().what == "cannot open /nowhere/orders.csv: No such file or directory");
}

}  // namespace
