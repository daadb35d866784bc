// troupe mail-sink: a mail server that delivers nothing, as a process of its own.
#include "runtime/program/commands.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"
#include "tools/shop/sim/smtp_sink.hpp"

namespace troupe::tool {

namespace {

struct MailSinkCommand {
  std::uint16_t port = 2525;
  std::string ledger_folder = ".";
};

int serve(const MailSinkCommand& options) {
  StopSignals signals;
  auto ledger = MailLedger::open(options.ledger_folder);
  if (!ledger) return complain(exit_usage, ledger.error().what);
  const auto sink = SmtpSink::start(*ledger, options.port);
  if (!sink) return complain(exit_usage, sink.error().what);
  say((*sink)->url());
  signals.wait();
  return exit_ok;
}

}  // namespace

void add_mail_sink_command(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("mail-sink", "Run a mail server that only writes mails down");
  auto options = std::make_shared<MailSinkCommand>();
  command->add_option("--port", options->port, "Port on 127.0.0.1; 0: any free one")
      ->capture_default_str();
  command->add_option("--ledger", options->ledger_folder, "Folder for mail.jsonl")
      ->capture_default_str();
  command->footer(
      "Example:\n"
      "  troupe mail-sink --port 2525 --ledger /tmp\n"
      "Exit codes: 0 stopped by a signal, 2 could not start.");
  command->callback([&run, options] { run = [options] { return serve(*options); }; });
}

}  // namespace troupe::tool
