// What comes from outside cannot move a cursor or begin a line where it is printed.
#include "runtime/base/printable.hpp"

#include <catch2/catch_all.hpp>

namespace {

using troupe::is_printable;
using troupe::printable;
using troupe::printable_lines;

TEST_CASE("text of any language is printed as it is", "[printable]") {
  const auto* text = "Bestellung für 你好, €5 \xf0\x9f\x93\xa6 \\ \"quoted\"";
  CHECK(is_printable(text));
  CHECK(printable(text) == text);
  CHECK(printable("").empty());
}

TEST_CASE("what controls a terminal or begins a line is written out", "[printable]") {
  CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(printable("\x1b[2J") == "\\x1b[2J");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\x7f") == "\\x7f");
  CHECK(printable("\xc2\x9b"
                  "2J")
        == "\\xc2\\x9b2J");  // C1: CSI in one character
  CHECK(printable("\xe2\x80\xae"
                  "abc")
        == "\\xe2\\x80\\xaeabc");                         // right to left from here
  CHECK(printable("\xe2\x80\xa8") == "\\xe2\\x80\\xa8");  // line separator
  CHECK_FALSE(is_printable("a\nb"));
}

TEST_CASE("bytes that are no UTF-8 are written out one by one", "[printable]") {
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\xc3") == "\\xc3");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  CHECK(printable("\xc0\x8a") == "\\xc0\\x8a");           // a line end in two bytes
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // half of a pair
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("\x9b") == "\\x9b");
}

TEST_CASE("texts of several lines keep their line ends and tabs only", "[printable]") {
  CHECK(printable_lines("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b");
}

}  // namespace
