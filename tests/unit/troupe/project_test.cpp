// What `troupe new` makes of a name.
#include "tools/troupe/project.hpp"

#include <cctype>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"
#include "tools/troupe/templates.hpp"

namespace {

using namespace troupe::tool;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// `car_rentals` of `CarRentals`.
std::string name_of_type(const std::string& type) {
  return lower(std::regex_replace(type, std::regex("([a-z0-9])([A-Z])"), "$1_$2"));
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST_CASE("a project has a name that can stand wherever it will stand", "[new]") {
  for (const auto* name :
       {"subscriptions", "billing", "car_rentals", "b2b", "x", "a_1", "abcdefghijklmnopqrstuvwx"})
    CHECK(objection_to_name(name) == "");
  for (const auto* name : {"", "Billing", "2b", "_billing", "billing_", "car__rentals",
                           "car-rentals", "car rentals", "../billing", "billing.v1",
                           "b\xc3\xbc"
                           "cher",
                           "abcdefghijklmnopqrstuvwxy"}) {
    INFO(name);
    CHECK_THAT(objection_to_name(name), ContainsSubstring("a name is 1 to 24 lower-case letters"));
  }
}

TEST_CASE("a project has no name that somebody else has", "[new]") {
  const std::pair<const char*, const char*> taken[] = {{"class", "a word of C++"},
                                                       {"xor_eq", "a word of C++"},
                                                       {"std", "a name in C++"},
                                                       {"google", "a name in C++"},
                                                       {"time", "a name in C++"},
                                                       {"size_t", "a name in C++"},
                                                       {"signal", "a name in C++"},
                                                       {"troupe", "Troupe uses itself"},
                                                       {"layout", "Troupe uses itself"},
                                                       {"incarnation", "Troupe uses itself"},
                                                       {"declared", "Troupe uses itself"},
                                                       {"skip", "Troupe uses itself"},
                                                       {"test", "the build uses itself"},
                                                       {"schemas", "the build uses itself"},
                                                       {"v2", "a version"},
                                                       {"item", "a part of the new project"},
                                                       {"get_item", "a part of the new project"}};
  for (const auto& [name, why] : taken) CHECK_THAT(objection_to_name(name), ContainsSubstring(why));
}

TEST_CASE("no type of the new project can be taken for its context", "[new]") {
  const std::regex declaration("struct (\\w+) ");
  std::set<std::string> types;
  for (const auto& file : template_files()) {
    const std::string text(file.text);
    for (auto it = std::sregex_iterator(text.begin(), text.end(), declaration);
         it != std::sregex_iterator(); ++it)
      types.insert((*it)[1]);
  }
  CHECK(types.contains("Item"));
  CHECK(types.erase("Subscriptions") == 1);
  for (const auto& type : types) {
    INFO(type);
    CHECK_FALSE(objection_to_name(name_of_type(type)).empty());
  }
}

TEST_CASE("a project's type is its name in one word", "[new]") {
  CHECK(type_name("subscriptions") == "Subscriptions");
  CHECK(type_name("car_rentals") == "CarRentals");
  CHECK(type_name("a_1") == "A1");
}

TEST_CASE("a project has its own name everywhere, and no other", "[new]") {
  std::set<std::string> paths;
  for (const auto& file : project_files("car_rentals")) {
    INFO(file.path);
    paths.insert(file.path.string());
    CHECK_THAT(lower(file.path.string()), !ContainsSubstring("subscription"));
    CHECK_THAT(lower(file.text), !ContainsSubstring("subscription"));
    CHECK(file.is_program == (file.path.parent_path() == "tools" || file.path == ".ci/run"));
  }
  for (const auto* path : {"contexts/car_rentals/car_rentals.hpp", "CMakeLists.txt", ".gitignore",
                           "schemas/car_rentals/v1/events.proto", "main.cpp", "tools/run"})
    CHECK(paths.contains(path));
  CHECK(project_files("subscriptions2").size() == paths.size());
}

TEST_CASE("a project is written with its programs executable", "[new]") {
  const TempFolder temp("new-test");
  const auto folder = temp.path() / "billing/";  // as a shell completes it
  const auto files = project_files("billing");
  REQUIRE(write_project(folder, files));
  CHECK(files_in(temp.path()) == 1);
  for (const auto& file : files) {
    CHECK(content(folder / file.path) == file.text);
    const auto mode = fs::status(folder / file.path).permissions();
    CHECK(((mode & fs::perms::owner_exec) != fs::perms::none) == file.is_program);
  }
}

TEST_CASE("a project is never written over what is there", "[new]") {
  const TempFolder temp("new-test");
  const auto folder = temp.path() / "billing";
  SECTION("a folder") { fs::create_directory(folder); }
  SECTION("a file") { std::ofstream(folder) << "mine"; }
  SECTION("a link to nothing") { fs::create_symlink("nothing", folder); }
  const auto written = write_project(folder, project_files("billing"));
  REQUIRE_FALSE(written);
  CHECK_THAT(written.error().what, ContainsSubstring("is there already"));
  CHECK(files_in(temp.path()) == 1);
  CHECK((!fs::is_directory(folder) || files_in(folder) == 0));
}

TEST_CASE("a project that cannot be written leaves nothing behind", "[new]") {
  const TempFolder temp("new-test");
  const auto written = write_project(
      temp.path() / "billing", {{.path = "a", .text = "file"}, {.path = "a/b", .text = "below"}});
  REQUIRE_FALSE(written);
  CHECK_THAT(written.error().what, ContainsSubstring("cannot write a/b"));
  CHECK(files_in(temp.path()) == 0);
  CHECK_FALSE(write_project(temp.path() / "not" / "there", project_files("billing")));
  CHECK(files_in(temp.path()) == 0);
}

}  // namespace
