// The rows are split by fast-cpp-csv-parser: it reads from memory, knows quoted fields, finds
// columns by the names in the header and says on which line a row is broken. A field never spans
// lines.
#include "tools/shop/orders/online_retail.hpp"

#include <charconv>
#include <string_view>
#include <unordered_map>

#define CSV_IO_NO_THREAD
#include <libfccp/csv.h>

#include <troupe/token.hpp>
#include "tools/shop/orders/escaped_token.hpp"
#include "tools/shop/orders/price.hpp"
#include "tools/shop/orders/text_file.hpp"

namespace troupe::tool {

namespace {

constexpr unsigned columns = 5;
using CsvReader =
    io::CSVReader<columns, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>,
                  io::throw_on_overflow, io::empty_line_comment>;

struct Row {
  const char* invoice = "";
  const char* article = "";
  const char* quantity = "";
  const char* price = "";
  const char* customer = "";
};

std::optional<std::int32_t> parse_quantity(std::string_view text) {
  std::int32_t quantity = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return quantity;
}

/// Customers were numbers in a column with gaps, hence the ".0".
std::string customer_token(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  return escape_token(text);
}

/// Collects rows into invoices in the order in which their numbers first appear.
class Invoices {
public:
  /// What is wrong with the row, or empty.
  std::string add(const Row& row) {
    const auto number = escape_token(row.invoice);
    if (!is_token(number)) return quoted("InvoiceNo", row.invoice) + "is no legal name";
    const auto article = escape_token(row.article);
    if (!is_token(article)) return quoted("StockCode", row.article) + "is no legal name";
    const auto customer = customer_token(row.customer);
    if (!customer.empty() && !is_token(customer))
      return quoted("CustomerID", row.customer) + "is no legal name";
    const auto quantity = parse_quantity(row.quantity);
    if (!quantity) return quoted("Quantity", row.quantity) + "is no whole number";
    const auto price = parse_price(row.price);
    if (!price) return quoted("UnitPrice", row.price) + "is no amount of money";

    auto& invoice = named(number);
    if (invoice.lines.empty()) invoice.customer = customer;
    if (invoice.customer != customer) return "invoice " + number + " has two customers";
    invoice.lines.push_back({.article = article,
                             .quantity = *quantity,
                             .unit_price_minor = price->exact ? price->minor : 0});
    return {};
  }

  std::vector<Invoice> take() { return std::move(invoices_); }

private:
  static std::string quoted(std::string_view column, std::string_view text) {
    return std::string(column) + " '" + std::string(text) + "' ";
  }

  Invoice& named(const std::string& number) {
    const auto [at, added] = places_.emplace(number, invoices_.size());
    if (added) invoices_.push_back({.number = number, .customer = {}, .lines = {}});
    return invoices_[at->second];
  }

  std::vector<Invoice> invoices_;
  std::unordered_map<std::string, std::size_t> places_;
};

std::string at_line(const std::string& name, std::size_t line, const std::string& problem) {
  return name + ", line " + std::to_string(line) + ": " + problem;
}

std::size_t line_of(std::string_view text, std::size_t place) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, place), '\n'));
}

/// The parser takes a zero byte for the end of a line, which would hide what follows it.
std::optional<std::size_t> line_of_zero_byte(std::string_view text) {
  const auto place = text.find('\0');
  if (place == std::string_view::npos) return std::nullopt;
  return line_of(text, place);
}

/// And it takes lines that end with CR alone for one line, whose end it does not read.
std::optional<std::size_t> line_of_lone_cr(std::string_view text) {
  for (auto place = text.find('\r'); place != std::string_view::npos;
       place = text.find('\r', place + 1))
    if (!text.substr(place + 1).starts_with('\n')) return line_of(text, place);
  return std::nullopt;
}

}  // namespace

Result<std::vector<Invoice>> parse_online_retail(const std::string& name, const std::string& text) {
  if (const auto line = line_of_zero_byte(text))
    return permanent(at_line(name, *line, "a zero byte; this is no text"));
  if (const auto line = line_of_lone_cr(text))
    return permanent(
        at_line(name, *line, "a carriage return without a line feed; lines end with LF or CR LF"));
  CsvReader reader(name, text.data(), text.data() + text.size());
  try {
    reader.read_header(io::ignore_extra_column, "InvoiceNo", "StockCode", "Quantity", "UnitPrice",
                       "CustomerID");
    Invoices invoices;
    Row row;
    while (reader.read_row(row.invoice, row.article, row.quantity, row.price, row.customer))
      if (const auto problem = invoices.add(row); !problem.empty())
        return permanent(at_line(name, reader.get_file_line(), problem));
    auto all = invoices.take();
    if (all.empty()) return permanent(name + " has a header, but no order");
    return all;
  } catch (const io::error::header_missing&) {
    return permanent(name + " is empty; its first line must name the columns");
  } catch (const io::error::missing_column_in_header& error) {
    return permanent(
        at_line(name, 1, "the column " + std::string(error.column_name) + " is missing"));
  } catch (const io::error::duplicated_column_in_header& error) {
    return permanent(
        at_line(name, 1, "the column " + std::string(error.column_name) + " stands there twice"));
  } catch (const io::error::too_few_columns&) {
    return permanent(at_line(name, reader.get_file_line(), "fewer fields than the header has"));
  } catch (const io::error::too_many_columns&) {
    return permanent(at_line(name, reader.get_file_line(), "more fields than the header has"));
  } catch (const io::error::escaped_string_not_closed&) {
    return permanent(at_line(name, reader.get_file_line(), "a quoted field is not closed"));
  } catch (const io::error::base& error) {
    return permanent(at_line(name, reader.get_file_line(), error.what()));
  }
}

Result<std::vector<Invoice>> read_online_retail(const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (!text) return tl::make_unexpected(text.error());
  return parse_online_retail(file.string(), *text);
}

}  // namespace troupe::tool
