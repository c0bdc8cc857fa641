#include "actors/analysis_worker.hpp"
#include "actors/media_worker.hpp"
#include "analyzers/text_overlay.hpp"
#include "app/analyze_video.hpp"
#include "app/doctor.hpp"
#include "app/exit_code.hpp"
#include "app/models_command.hpp"
#include "app/plan_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string_view>

namespace timeloom {

namespace {

/// The CPU analyzers that analysis workers of this program run.
constexpr sampled_analyzer_factory analysis_table[] = {
    {"text_overlay", make_text_overlay},
};

/// A worker is this program started with `--worker ROLE` by the coordinator, with descriptors that only it can give.
int run_worker(std::string_view role) {
  if (role == "media")
    return run_media_worker();
  if (role == "analysis")
    run_analysis_worker(analysis_table);
  std::fprintf(stderr, "timeloom: there is no worker \"%.*s\"\n", static_cast<int>(role.size()), role.data());
  return static_cast<int>(exit_code::wrong_use);
}

int run(int argc, char** argv) {
  CLI::App app{"timeloom turns videos into merged timelines: cuts, scenes, colours, camera, on-screen text, and\n"
               "with models objects, people and areas."};
  app.name("timeloom");
  app.set_version_flag("--version", "timeloom " TIMELOOM_VERSION);
  app.require_subcommand(1);
  app.footer("Examples:\n"
             "  timeloom analyze-video film.mp4\n"
             "  timeloom analyze-video *.mp4 --analyzers cut_analysis,text_overlay --format json,csv --out results\n"
             "  timeloom plan\n"
             "  timeloom models --help\n"
             "  timeloom doctor\n\n"
             "`timeloom COMMAND --help` says more.");
  auto code = exit_code::done;
  add_analyze_video(app, code);
  add_plan_command(app, code);
  add_models_command(app, code);
  auto* doctor = app.add_subcommand("doctor", "Tell what was found on this machine, and what is missing");
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
    if (argc == 3 && std::string_view{argv[1]} == "--worker")
      return timeloom::run_worker(argv[2]);
    return timeloom::run(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "timeloom: %s\n", fault.what());
    return static_cast<int>(timeloom::exit_code::failed);
  }
}
