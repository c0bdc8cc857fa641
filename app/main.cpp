#include "app/analyze_video.hpp"
#include "app/client_commands.hpp"
#include "app/daemon_command.hpp"
#include "app/describe_command.hpp"
#include "app/doctor.hpp"
#include "app/exit_code.hpp"
#include "app/models_command.hpp"
#include "app/plan_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

namespace timeloom {

namespace {

int run(int argc, char** argv) {
  CLI::App app{"timeloom turns videos into merged timelines: cuts, scenes, colours, camera, on-screen text,\n"
               "faces and people, and with models objects, postures and areas."};
  app.name("timeloom");
  app.set_version_flag("--version", "timeloom " TIMELOOM_VERSION);
  app.require_subcommand(1);
  app.footer("Examples:\n"
             "  timeloom analyze-video film.mp4\n"
             "  timeloom analyze-video *.mp4 --analyzers cut_analysis,text_overlay --format json,csv --out results\n"
             "  timeloom plan\n"
             "  timeloom models --help\n"
             "  timeloom describe photos/\n"
             "  timeloom daemon --config timeloom.yaml\n"
             "  timeloom submit film.mp4 --wait\n"
             "  timeloom doctor\n\n"
             "`timeloom COMMAND --help` says more.");
  auto code = exit_code::done;
  add_analyze_video(app, code);
  add_plan_command(app, code);
  add_models_command(app, code);
  add_describe_command(app, code);
  add_daemon_command(app, code);
  add_client_commands(app, code);
  auto* doctor = app.add_subcommand("doctor", "Tell what was found on this machine, and what is missing");
  doctor->footer("Exit status: 0 everything is there; 4 something is missing.");
  doctor->callback([&] { code = run_doctor(); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : static_cast<int>(exit_code::wrong_use);
  }
  return static_cast<int>(code);
}

} // namespace

} // namespace timeloom

int main(int argc, char** argv) {
  try {
    return timeloom::run(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "timeloom: %s\n", fault.what());
    return static_cast<int>(timeloom::exit_code::failed);
  }
}
