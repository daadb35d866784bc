#include "runtime/host/logging.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <google/protobuf/stubs/logging.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "runtime/base/printable.hpp"

namespace troupe::host {

namespace {

/// A message's text, as %v but fit for a line.
class PrintableText final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& to) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    const auto line = printable(text);
    to.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PrintableText>();
  }
};

/// Protobuf complains of what others send, once per message; whoever parses says it better.
void log_of_protobuf(google::protobuf::LogLevel level, const char*, int, const std::string& text) {
  if (level == google::protobuf::LOGLEVEL_FATAL)
    spdlog::critical("protobuf: {}", text);
  else
    spdlog::debug("protobuf: {}", text);
}

void start() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PrintableText>('*').set_pattern("[%Y-%m-%d %H:%M:%S.%e] [%n] [%^%l%$] %*");
  auto log = spdlog::stderr_color_mt("troupe");
  log->set_formatter(std::move(formatter));
  spdlog::set_default_logger(std::move(log));
  google::protobuf::SetLogHandler(log_of_protobuf);
}

}  // namespace

void start_logging() {
  static std::once_flag started;
  std::call_once(started, start);
}

}  // namespace troupe::host
