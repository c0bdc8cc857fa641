#include "app/analysis_choice.hpp"

#include "analyzers/catalog.hpp"
#include "app/console.hpp"
#include "timeline/utf8.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

namespace timeloom {

namespace {

expected<std::vector<std::string>> chosen_analyzers(const std::vector<std::string>& names) {
  if (names.size() == 1 && names.front() == "all")
    return all_analyzer_ids();
  for (const auto& name : names)
    if (auto known = check_analyzer(name); !known)
      return tl::unexpected{known.error()};
  auto ids = all_analyzer_ids();
  std::erase_if(ids, [&](const auto& id) { return std::find(names.begin(), names.end(), id) == names.end(); });
  return ids;
}

/// Each file once, in the order given: the same video under two names would be analyzed twice.
std::vector<std::string> without_repeats(const std::vector<std::string>& paths) {
  std::vector<std::string> kept;
  std::vector<std::filesystem::path> seen;
  for (const auto& path : paths) {
    std::error_code none;
    const auto real = std::filesystem::canonical(path, none);
    if (!none && std::find(seen.begin(), seen.end(), real) != seen.end()) {
      say(stderr, "timeloom: {} is named twice; it is analyzed once\n", one_line(path));
      continue;
    }
    if (!none)
      seen.push_back(real);
    kept.push_back(path);
  }
  return kept;
}

} // namespace

void add_choice_options(CLI::App& command, choice_arguments& given) {
  command.add_option("videos", given.videos, "Video files, or folders of images")->type_name("VIDEO");
  command.add_option("--analyzers,-a", given.analyzers, "Which to run, by id, or all (default: all)")
      ->delimiter(',')
      ->allow_extra_args(false) // the words that follow are videos
      ->type_name("ID,...");
  command.add_option("--config,-c", given.config, "Configuration in YAML; configs/example.yaml explains it")
      ->type_name("FILE");
  add_caption_options(command, given.captions);
  command
      .add_option("--caption", given.caption, "A caption for each scene, or for each of its frames that is looked at")
      ->group("Options of captions")
      ->check(CLI::IsMember({"scene", "frame"}))
      ->type_name("UNIT");
}

expected<analysis_choice> choose_analysis(const choice_arguments& given) {
  analysis_choice choice;
  if (!given.config.empty()) {
    auto loaded = load_configuration(given.config);
    if (!loaded)
      return tl::unexpected{loaded.error()};
    choice.settings = std::move(*loaded);
  }
  if (!given.analyzers.empty()) {
    auto chosen = chosen_analyzers(given.analyzers);
    if (!chosen)
      return tl::unexpected{chosen.error()};
    choice.settings.analyzers.enabled = std::move(*chosen);
    choice.analyzers_named = given.analyzers != std::vector<std::string>{"all"};
  }
  apply(given.captions, choice.settings);
  if (!given.caption.empty())
    choice.settings.analyzers.scene_caption.caption =
        given.caption == "frame" ? caption_unit::frame : caption_unit::scene;
  choice.analyzers = choice.settings.analyzers.chosen();
  choice.videos = without_repeats(given.videos);
  return choice;
}

} // namespace timeloom
