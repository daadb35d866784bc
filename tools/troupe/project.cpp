#include "tools/troupe/project.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <dlfcn.h>
#include <stdlib.h>

#include <spdlog/fmt/fmt.h>

#include "tools/troupe/templates.hpp"

namespace troupe::tool {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_length_max = 24;
constexpr std::string_view template_name = "subscriptions";
constexpr std::string_view template_type = "Subscriptions";

constexpr std::string_view words_of_cpp =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t "
    "char16_t char32_t class compl concept const consteval constexpr constinit const_cast "
    "continue co_await co_return co_yield decltype default delete do double dynamic_cast "
    "else enum explicit export extern false float for friend goto if inline int long "
    "mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected "
    "public register reinterpret_cast requires return short signed sizeof static "
    "static_assert static_cast struct switch template this thread_local throw true try "
    "typedef typeid typename union unsigned using virtual void volatile wchar_t while xor "
    "xor_eq ";
/// What programs declare or define as a macro, beside the functions of the C library.
constexpr std::string_view names_in_cpp =
    " assert errno google linux main major minor std timespec timeval tm unix ";
/// As a context a name of the runtime's own records, else one in its headers.
constexpr std::string_view names_of_troupe = " declared incarnation layout skip tl troupe ";
/// Targets, and folders beside the program.
constexpr std::string_view names_of_build =
    " all clean contexts edit_cache help install package package_source rebuild_cache schemas "
    "test ";

/// `names` have a space before and after each.
bool has(std::string_view names, std::string_view name) {
  return names.find(' ' + std::string(name) + ' ') != std::string_view::npos;
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_well_formed(std::string_view name) {
  if (name.empty() || name.size() > name_length_max || !is_letter(name.front())) return false;
  const bool legal =
      std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  return legal && name.back() != '_' && name.find("__") == std::string_view::npos;
}

/// A namespace cannot have the name of a C function or variable.
bool is_in_c_library(std::string_view name) {
  return dlsym(RTLD_DEFAULT, std::string(name).c_str()) != nullptr;
}

bool is_version(std::string_view name) {
  return name.size() > 1 && name[0] == 'v' && is_digit(name[1]);
}

/// Whether the project declares a type, beside the context's, that the context's would be.
bool is_declared_in_templates(std::string_view name) {
  const auto declaration = "struct " + type_name(name) + " ";
  return name != template_name && std::ranges::any_of(template_files(), [&](const auto& file) {
           return file.text.find(declaration) != std::string_view::npos;
         });
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string made;
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    made.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return made.append(text);
}

/// What lies under the folder is removed at the end of its life.
class Workshop {
public:
  static Result<Workshop> beside(const fs::path& folder) {
    auto name = (folder.parent_path() / ".troupe-new-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      return permanent(fmt::format("cannot make a folder in {}: {}", folder.parent_path().string(),
                                   std::strerror(errno)));
    return Workshop(std::move(name));
  }
  Workshop(Workshop&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Workshop& operator=(Workshop&&) = delete;
  ~Workshop() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

private:
  explicit Workshop(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<void> write(const fs::path& folder, const ProjectFile& file) {
  const auto path = folder / file.path;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary);
  out << file.text << std::flush;
  constexpr auto may_execute =
      fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  if (out && file.is_program) fs::permissions(path, may_execute, fs::perm_options::add, error);
  if (!out || error) return permanent("cannot write " + file.path.string());
  return {};
}

}  // namespace

std::string objection_to_name(std::string_view name) {
  if (!is_well_formed(name))
    return fmt::format(
        "a name is 1 to {} lower-case letters, digits and single _ between them, and begins with a "
        "letter, such as {}",
        name_length_max, template_name);
  const auto taken = [&](std::string_view by) {
    return fmt::format("'{}' cannot be the name, because it is {}: choose another one", name, by);
  };
  if (has(words_of_cpp, name)) return taken("a word of C++");
  if (has(names_in_cpp, name) || name.ends_with("_t") || is_in_c_library(name))
    return taken("a name in C++ already");
  if (has(names_of_troupe, name)) return taken("one that Troupe uses itself");
  if (has(names_of_build, name)) return taken("one that the build uses itself");
  if (is_version(name)) return taken("read as a version in names of messages");
  if (is_declared_in_templates(name)) return taken("the name of a part of the new project");
  return {};
}

std::string type_name(std::string_view name) {
  std::string type;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') type += upper && is_letter(c) ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return type;
}

std::vector<ProjectFile> project_files(std::string_view name) {
  const auto named = [&](std::string_view text) {
    return replaced(replaced(text, template_type, type_name(name)), template_name, name);
  };
  std::vector<ProjectFile> files;
  for (const auto& file : template_files())
    files.push_back({.path = named(file.path),
                     .text = named(file.text),
                     .is_program = file.text.starts_with("#!")});
  return files;
}

Result<void> write_project(const fs::path& folder, const std::vector<ProjectFile>& files) {
  std::error_code error;
  auto target = fs::absolute(folder, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // it ended with a slash
  if (fs::exists(fs::symlink_status(target, error)))
    return permanent(folder.string() + " is there already: nothing was written");
  const auto workshop = Workshop::beside(target);
  if (!workshop) return tl::make_unexpected(workshop.error());
  const auto made = workshop->path() / "project";
  for (const auto& file : files)
    if (const auto written = write(made, file); !written) return written;
  fs::rename(made, target, error);
  if (error) return permanent("cannot make " + folder.string() + ": " + error.message());
  return {};
}

}  // namespace troupe::tool
