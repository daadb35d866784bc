// shop mail-sink: a mail server that delivers nothing, as a process of its own.
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"
#include "tools/shop/commands/commands.hpp"
#include "tools/shop/sim/smtp_sink.hpp"

namespace troupe::tool {

namespace {

struct MailSinkCommand {
  std::uint16_t port = 2525;
  std::string ledger_folder = ".";
};

int serve(const MailSinkCommand& options) {
  program::StopSignals signals;
  auto ledger = MailLedger::open(options.ledger_folder);
  if (!ledger) return program::complain(program::exit_usage, ledger.error().what);
  const auto sink = SmtpSink::start(*ledger, options.port);
  if (!sink) return program::complain(program::exit_usage, sink.error().what);
  program::say((*sink)->url());
  signals.wait();
  return program::exit_ok;
}

}  // namespace

void add_mail_sink_command(program::CommandLine& line) {
  auto* command =
      line.app().add_subcommand("mail-sink", "Run a mail server that only writes mails down");
  auto options = std::make_shared<MailSinkCommand>();
  command->add_option("--port", options->port, "Port on 127.0.0.1; 0: any free one")
      ->capture_default_str();
  command->add_option("--ledger", options->ledger_folder, "Folder for mail.jsonl")
      ->capture_default_str();
  command->footer(
      "Example:\n"
      "  shop mail-sink --port 2525 --ledger /tmp\n"
      "Exit codes: 0 stopped by a signal, 2 could not start.");
  command->callback([&run = line.run(), options] { run = [options] { return serve(*options); }; });
}

}  // namespace troupe::tool
