#include "app/daemon_command.hpp"

#include "app/daemon_run.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace timeloom {

void add_daemon_command(CLI::App& app, exit_code& code) {
  const auto config = std::make_shared<std::string>();
  auto* command = app.add_subcommand("daemon", "Analyze the videos of watched folders, and those that are submitted");
  command->add_option("--config,-c", *config, "Configuration in YAML; configs/example.yaml explains it")
      ->type_name("FILE");
  command->footer("Its page, and its HTTP API, are at http://127.0.0.1:8765 unless the configuration says otherwise;\n"
                  "the token that they ask for is in the file `token` of the state folder.\n\n"
                  "SIGTERM ends it: what runs may finish within daemon.drain_s, the rest goes on at the next start.\n"
                  "SIGHUP reads the configuration anew, and opens the file of the log anew. With a configuration that\n"
                  "cannot be used only the page comes up, and tells why.\n\n"
                  "configs/daemon.yaml is one to begin with, and docs/operations.md tells how to run it as a service.\n"
                  "Exit status: 0 it was told to end; 2 wrong use; 4 it could not run, as where another one does.\n\n"
                  "Examples:\n"
                  "  timeloom daemon --config /etc/timeloom/timeloom.yaml\n"
                  "  timeloom submit film.mp4\n"
                  "  timeloom status");
  command->callback([config, &code] { code = run_daemon(*config); });
}

} // namespace timeloom
