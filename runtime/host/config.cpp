#include "runtime/host/config.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <toml++/toml.h>

#include <troupe/token.hpp>
#include "runtime/base/assert.hpp"
#include "runtime/base/embedded.hpp"
#include "runtime/base/secrets.hpp"
#include "runtime/nats/client/inboxes.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::host {

namespace {

constexpr std::array durability_modes{"dev", "durable", "replicated", "replicated-durable"};
constexpr std::array log_levels{"trace", "debug", "info", "warn", "error"};

std::string where(const std::string& source, const toml::node& node) {
  return source + ":" + std::to_string(node.source().begin.line) + ": ";
}

/// Lays the values of `from` over `onto`; every key of `from` must be known there, with its type.
Result<void> overlay(toml::table& onto, const toml::table& from, const std::string& source,
                     const std::string& prefix) {
  for (const auto& [key, value] : from) {
    const std::string name = prefix + std::string(key.str());
    auto* known = onto.get(key.str());
    if (known == nullptr)
      return permanent(where(source, value) + "there is no setting \"" + name
                       + "\"; `node --print-config` shows all there are");
    if (known->type() != value.type())
      return permanent(where(source, value) + "\"" + name + "\" has the wrong type");
    if (known->is_table()) {
      auto nested = overlay(*known->as_table(), *value.as_table(), source, name + ".");
      if (!nested) return nested;
    } else {
      value.visit([&](const auto& v) { onto.insert_or_assign(key.str(), v); });
    }
  }
  return {};
}

template <class T>
T value(const toml::table& table, std::string_view path) {
  auto found = table.at_path(path).value<T>();
  TROUPE_ASSERT(found.has_value(), "config/default.toml lacks a setting");
  return std::move(*found);
}

/// Whether a program may declare these: in tables of their own, each a text, a number or a flag.
Result<void> check_own(const toml::table& declared, const std::string& prefix) {
  for (const auto& [key, node] : declared) {
    const auto name = prefix + std::string(key.str());
    if (const auto* nested = node.as_table()) {
      if (auto checked = check_own(*nested, name + "."); !checked) return checked;
    } else if (prefix.empty()) {
      return permanent("the program's defaults: \"" + name + "\" stands in no table");
    } else if (!node.is_string() && !node.is_integer() && !node.is_floating_point()
               && !node.is_boolean()) {
      return permanent("the program's defaults: \"" + name
                       + "\" is neither a text nor a number nor a flag");
    }
  }
  return {};
}

/// Of those settings that `declared` has, what `table` says. Written behind the runtime's they may
/// have become something else there.
Result<void> read_own(const toml::table& declared, const toml::table& table,
                      const std::string& prefix, Settings::Values& values) {
  for (const auto& [key, node] : declared) {
    const std::string name = prefix + std::string(key.str());
    const auto* found = table.get(key.str());
    if (found == nullptr || found->type() != node.type())
      return permanent("the program's defaults: write \"" + name + "\" below the [table] it is in");
    if (const auto* nested = node.as_table()) {
      if (auto read = read_own(*nested, *found->as_table(), name + ".", values); !read) return read;
    } else if (const auto* text = found->as_string()) {
      values[name] = text->get();
    } else if (const auto* number = found->as_integer()) {
      values[name] = number->get();
    } else if (const auto* fraction = found->as_floating_point()) {
      values[name] = fraction->get();
    } else if (const auto* flag = found->as_boolean()) {
      values[name] = flag->get();
    }
  }
  return {};
}

Result<NodeConfig> checked(NodeConfig config, const std::string& source) {
  if (!is_token(config.name))
    return permanent(source + ": node.name must be 1 to 64 of A-Z a-z 0-9 _ -");
  if (config.contexts.empty())
    return permanent(source + ": node.contexts must name at least one context");
  if (std::ranges::find(durability_modes, config.durability) == durability_modes.end())
    return permanent(source + ": durability.mode must be dev, durable, replicated or "
                              "replicated-durable");
  if (std::ranges::find(log_levels, config.log_level) == log_levels.end())
    return permanent(source + ": node.log_level must be trace, debug, info, warn or error");
  if (config.replicas != 1 && config.replicas != 3 && config.replicas != 5)
    return permanent(source + ": nats.replicas must be 1, 3 or 5");
  for (const auto& prefix : config.reply_prefixes)
    if (!nats::is_inbox_prefix(prefix))
      return permanent(source + ": nats.reply_prefixes holds \"" + prefix + "\", which is no inbox "
                       "prefix: it must be names of A-Z a-z 0-9 _ - between dots, and none of "
                       "Troupe's own subjects");
  if (!nats::is_inbox_prefix(config.inbox_prefix))
    return permanent(source + ": nats.inbox_prefix must be names of A-Z a-z 0-9 _ - between dots, "
                     "and none of Troupe's own subjects");
  for (const auto& url : config.nats_monitoring_urls)
    if (!url.starts_with("http://") && !url.starts_with("https://"))
      return permanent(source + ": nats.monitoring_url holds \"" + url
                       + "\"; write it like http://127.0.0.1:8222, several with commas between");
  if (config.live_max == 0 || config.live_mb_max == 0 || config.idle_seconds == 0
      || config.snapshot_every == 0)
    return permanent(
        source + ": live_max, live_mb_max, idle_seconds and snapshot_every must be above zero");
  if (config.slots == 0 || config.slots > slots_max)
    return permanent(source + ": cluster.slots must be 1 to " + std::to_string(slots_max));
  return config;
}

Result<std::uint64_t> count(const toml::table& table, std::string_view path,
                            const std::string& source) {
  const auto number = value<std::int64_t>(table, path);
  if (number < 0) return permanent(source + ": " + std::string(path) + " must not be negative");
  return static_cast<std::uint64_t>(number);
}

Result<std::vector<std::string>> names(const toml::table& table, std::string_view path,
                                       const std::string& source) {
  std::vector<std::string> all;
  for (const auto& one : *table.at_path(path).as_array()) {
    auto name = one.value<std::string>();
    if (!name) return permanent(source + ": " + std::string(path) + " must be a list of names");
    all.push_back(*std::move(name));
  }
  return all;
}

/// Separated by commas as in nats.url.
std::vector<std::string> addresses(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto one = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    one.remove_suffix(one.size() - (one.find_last_not_of(" /") + 1));
    if (!one.empty()) all.emplace_back(one);
  }
  return all;
}

Result<NodeConfig> read(const toml::table& table, const std::string& source) {
  NodeConfig config;
  config.name = value<std::string>(table, "node.name");
  for (const auto& [path, target] : {std::pair{"node.contexts", &config.contexts},
                                     std::pair{"nats.reply_prefixes", &config.reply_prefixes}}) {
    auto all = names(table, path, source);
    if (!all) return tl::make_unexpected(all.error());
    *target = *std::move(all);
  }
  config.health = value<std::string>(table, "node.health");
  config.log_level = value<std::string>(table, "node.log_level");
  config.nats_url = value<std::string>(table, "nats.url");
  config.nats_security = {.tls_required = value<bool>(table, "nats.tls.required"),
                          .tls_ca = value<std::string>(table, "nats.tls.ca"),
                          .tls_cert = value<std::string>(table, "nats.tls.cert"),
                          .tls_key = value<std::string>(table, "nats.tls.key"),
                          .creds = value<std::string>(table, "nats.creds"),
                          .nkey_seed = value<std::string>(table, "nats.nkey_seed"),
                          .user = value<std::string>(table, "nats.user"),
                          .password_file = value<std::string>(table, "nats.password_file")};
  config.nats_monitoring_urls = addresses(value<std::string>(table, "nats.monitoring_url"));
  config.replicas = static_cast<int>(value<std::int64_t>(table, "nats.replicas"));
  config.inbox_prefix = value<std::string>(table, "nats.inbox_prefix");
  config.redis_url = value<std::string>(table, "redis.url");
  config.redis_login = {.user = value<std::string>(table, "redis.user"),
                        .password_file = value<std::string>(table, "redis.password_file")};
  config.durability = value<std::string>(table, "durability.mode");
  for (const auto& [path, target] :
       {std::pair{"instances.live_max", &config.live_max},
        std::pair{"cluster.slots", &config.slots},
        std::pair{"instances.live_mb_max", &config.live_mb_max},
        std::pair{"instances.idle_seconds", &config.idle_seconds},
        std::pair{"instances.snapshot_every", &config.snapshot_every}}) {
    const auto number = count(table, path, source);
    if (!number) return tl::make_unexpected(number.error());
    *target = *number;
  }
  return checked(std::move(config), source);
}

/// Of one address, or of several with commas between them.
bool holds_login(std::string_view urls) {
  while (!urls.empty()) {
    const auto end = std::min(urls.find(','), urls.size());
    if (split_login(urls.substr(0, end)).login) return true;
    urls.remove_prefix(std::min(end + 1, urls.size()));
  }
  return false;
}

bool holds_login(const NodeConfig& config) {
  const auto& monitoring = config.nats_monitoring_urls;
  return holds_login(config.nats_url) || holds_login(config.redis_url)
         || std::ranges::any_of(monitoring, [](const auto& url) { return holds_login(url); })
         || std::ranges::any_of(config.own.all(), [](const auto& setting) {
              const auto* text = std::get_if<std::string>(&setting.second);
              const bool address = text != nullptr && text->find("://") != std::string::npos;
              return address && holds_login(*text);
            });
}

}  // namespace

std::string default_config(const Program& program) {
  std::string contexts;
  for (const auto& context : program.contexts)
    contexts += (contexts.empty() ? "\"" : ", \"") + context.name + '"';
  std::string text(embedded_file("config/default.toml"));
  constexpr std::string_view none = "contexts = []";
  const auto place = text.find(none);
  TROUPE_ASSERT(place != std::string::npos, "config/default.toml names no contexts");
  text.replace(place, none.size(), "contexts = [" + contexts + "]");
  return program.settings.empty() ? text : text + '\n' + program.settings;
}

Result<NodeConfig> parse_config(std::string_view text, const std::string& name_of_source,
                                const Program& program) {
  try {
    const std::string_view defaults = "the program's defaults";
    const auto declared = toml::parse(program.settings, defaults);
    if (auto checked = check_own(declared, ""); !checked)
      return tl::make_unexpected(checked.error());
    auto table = toml::parse(default_config(program), defaults);
    const auto given = toml::parse(text, std::string_view(name_of_source));
    if (auto laid = overlay(table, given, name_of_source, ""); !laid)
      return tl::make_unexpected(laid.error());
    Settings::Values own;
    if (auto read_all = read_own(declared, table, "", own); !read_all)
      return tl::make_unexpected(read_all.error());
    return read(table, name_of_source).map([&](NodeConfig config) {
      config.own = Settings(std::move(own));
      return config;
    });
  } catch (const toml::parse_error& error) {
    const auto& source = error.source();
    return permanent((source.path ? *source.path : name_of_source) + ":"
                     + std::to_string(source.begin.line)
                     + ": not valid TOML: " + std::string(error.description()));
  }
}

Result<NodeConfig> load_config(const std::filesystem::path& file, const Program& program) {
  const std::ifstream in(file);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return permanent("cannot read the configuration " + file.string());
  auto config = parse_config(text.str(), file.string(), program);
  if (config && holds_login(*config))
    if (const auto secret = read_secret(file.string()); !secret)
      return permanent("an address in it holds a login, but " + secret.error().what);
  return config;
}

}  // namespace troupe::host
