#include "app/analyze_video.hpp"

#include "analyzers/catalog.hpp"
#include "app/analysis.hpp"
#include "app/console.hpp"
#include "app/log.hpp"
#include "timeline/utf8.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/ranges.h>
#include <memory>
#include <unistd.h>

namespace timeloom {

namespace {

/// As given on the command line; what is empty or false was not given.
struct arguments : choice_arguments {
  std::string out;
  std::vector<std::string> formats;
  std::string progress;
  bool overwrite = false;
  bool quiet = false;
  std::string render;
  bool stats = false;
  bool standalone = false;
  bool check_config = false;
};

expected<std::vector<output_format>> chosen_formats(const std::vector<std::string>& names) {
  std::vector<output_format> formats;
  for (const auto& name : names) {
    const auto found = output_format_from_string(name);
    if (!found)
      return fail(errc::invalid_argument, "there is no output format \"{}\"; there are: {}", name,
                  fmt::join(output_format_names, ", "));
    if (std::find(formats.begin(), formats.end(), *found) == formats.end())
      formats.push_back(*found);
  }
  return formats;
}

expected<analysis_call> merge_settings(const arguments& given) {
  auto choice = choose_analysis(given);
  if (!choice)
    return tl::unexpected{choice.error()};
  analysis_call call{std::move(*choice)};
  auto& settings = call.settings;
  if (!given.out.empty())
    settings.output.dir = given.out;
  if (!given.formats.empty()) {
    auto formats = chosen_formats(given.formats);
    if (!formats)
      return tl::unexpected{formats.error()};
    settings.output.formats = std::move(*formats);
  }
  settings.output.overwrite |= given.overwrite;
  call.stats = given.stats;
  call.standalone = given.standalone || given.stats || !given.render.empty(); // which the daemon does not do
  call.render = given.render;
  call.progress = given.progress == "json"       ? progress_style::json
                  : given.quiet                  ? progress_style::silent
                  : ::isatty(STDERR_FILENO) == 1 ? progress_style::bars
                                                 : progress_style::lines;
  return call;
}

exit_code analyze_video(const arguments& given) {
  const auto complain = [](const error& problem) {
    say(stderr, "timeloom: {}\n", one_line(problem.message));
    return exit_code::wrong_use;
  };
  const auto call = merge_settings(given);
  if (!call)
    return complain(call.error());
  if (given.check_config) {
    say(stdout, "{} is valid\n", given.config.empty() ? "the default configuration" : one_line(given.config));
    return exit_code::done;
  }
  if (call->videos.empty())
    return complain({errc::invalid_argument, "no video was named; try: timeloom analyze-video film.mp4"});
  if (auto log = start_log(call->settings.log); !log)
    return complain(log.error());
  return run_analysis(*call);
}

} // namespace

void add_analyze_video(CLI::App& app, exit_code& code) {
  const auto given = std::make_shared<arguments>();
  auto* command = app.add_subcommand("analyze-video", "Analyze videos and write a timeline of each");
  add_choice_options(*command, *given);
  command->add_option("--out,-o", given->out, "Folder for the results (default: ./timeloom-out)")->type_name("DIR");
  command->add_option("--format,-f", given->formats, "json, vtt, csv, html (default: json,html)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("F,...");
  command
      ->add_option("--render", given->render,
                   "Folder for an annotated copy of each video and a picture of its scenes, to look at what was found")
      ->check([](const std::string& dir) { return std::string{dir.empty() ? "no folder is named" : ""}; })
      ->type_name("DIR");
  command->add_flag("--overwrite", given->overwrite, "Replace results that exist");
  command->add_flag("--quiet,-q", given->quiet, "Print errors only");
  command->add_option("--progress", given->progress, "json: one JSON object a line on standard output")
      ->check(CLI::IsMember({"json", "auto"}))
      ->type_name("STYLE");
  command->add_flag("--stats", given->stats, "Print at the end what the workers and GPUs did: batches, times, memory");
  command->add_flag("--standalone", given->standalone,
                    "Analyze here even if a daemon of yours runs that would do the same with warm models");
  command->add_flag("--check-config", given->check_config, "Only say whether the configuration is valid");
  std::string analyzers = "Analyzers:\n";
  for (const auto& one : analyzer_catalog())
    analyzers += fmt::format("  {:<20} {}\n", one.id, one.summary);
  command->footer(analyzers + "\nExamples:\n"
                              "  timeloom analyze-video film.mp4\n"
                              "  timeloom analyze-video a.mkv b.mkv --out results --format json,csv\n"
                              "  timeloom analyze-video film.mp4 --render looked-at\n"
                              "  timeloom analyze-video frames/ --analyzers cut_analysis,scene_segmentation\n\n"
                              "Exit status: 0 all done; 2 wrong use or configuration; 3 partial results, or a named\n"
                              "analyzer was skipped; 4 failed; 130 interrupted.");
  command->callback([given, &code] { code = analyze_video(*given); });
}

} // namespace timeloom
