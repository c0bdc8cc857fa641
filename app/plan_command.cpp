#include "app/plan_command.hpp"

#include "analyzers/catalog.hpp"
#include "app/console.hpp"
#include "app/host_plan.hpp"
#include "app/model_plan.hpp"
#include "gpu_groups/plan_table.hpp"
#include "timeline/utf8.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/ranges.h>
#include <iterator>
#include <memory>

namespace timeloom {

namespace {

std::vector<std::string> those_at(analyzer_site site, const std::vector<std::string>& analyzers) {
  std::vector<std::string> ids;
  std::copy_if(analyzers.begin(), analyzers.end(), std::back_inserter(ids),
               [&](const auto& id) { return find_analyzer(id)->site == site; });
  return ids;
}

std::string counted(int count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string processor_text(const coordinator_options& host, const model_plan& models,
                           const std::vector<std::string>& analyzers) {
  auto inside = those_at(analyzer_site::fused, analyzers);
  inside.insert(inside.begin(), "decoding");
  const auto on_gpu = static_cast<int>(std::count_if(host.media.begin(), host.media.end(), [](const auto& worker) {
    return worker.decoder != decoder_rule::software;
  }));
  const int in_software = static_cast<int>(host.media.size()) - on_gpu;
  std::string text = "on the processor\n";
  if (in_software > 0)
    text += fmt::format("  {} with {}{}: {}\n", counted(in_software, "media worker"),
                        counted(host.media.front().threads, "decoder thread"), in_software == 1 ? "" : " each",
                        fmt::join(inside, ", "));
  if (on_gpu > 0)
    text += fmt::format("  {} with the GPU's decoder{}: {}\n", counted(on_gpu, "media worker"),
                        host.media.front().decoder == decoder_rule::measured ? " where that is faster" : "",
                        fmt::join(inside, ", "));
  auto sampled = those_at(analyzer_site::sampled, analyzers);
  for (const auto& [analyzer, reason] : models.without)
    sampled.push_back(analyzer);
  if (!sampled.empty())
    text +=
        fmt::format("  {}: {}\n", counted(host.analysis.back().workers, "analysis worker"), fmt::join(sampled, ", "));
  return text;
}

exit_code plan(const choice_arguments& given) {
  const auto text = choose_analysis(given).and_then(plan_text);
  if (!text) {
    say(stderr, "timeloom: {}\n", one_line(text.error().message));
    return exit_code::wrong_use;
  }
  say(stdout, "{}", *text);
  return exit_code::done;
}

} // namespace

expected<std::string> plan_text(const analysis_choice& choice) {
  const auto models = plan_models(choice.settings, choice.analyzers, known_models());
  if (!models)
    return tl::unexpected{models.error()};
  std::string text;
  if (!models->workers.empty())
    text += plan_table(models->workers, models->devices) + '\n';
  const auto videos = choice.videos.empty() ? std::nullopt : std::optional{choice.videos.size()};
  text += processor_text(plan_host(choice.settings, videos, *models), *models, with_needed(choice.analyzers));
  if (!models->without.empty())
    text += "\nwithout a model\n";
  for (const auto& [analyzer, reason] : models->without)
    text += fmt::format("  {}: {}\n", analyzer, one_line(reason));
  if (!models->skipped.empty())
    text += "\nskipped\n";
  for (const auto& [analyzer, reason] : models->skipped)
    text += fmt::format("  {}: {}\n", analyzer, one_line(reason));
  return text;
}

void add_plan_command(CLI::App& app, exit_code& code) {
  const auto given = std::make_shared<choice_arguments>();
  auto* command = app.add_subcommand("plan", "Tell which analyzer would run where, and start nothing");
  add_choice_options(*command, *given);
  command->footer("There are no more media workers than videos; without VIDEO, as many as the machine is good for.\n\n"
                  "Examples:\n"
                  "  timeloom plan\n"
                  "  timeloom plan film.mp4 --config timeloom.yaml --analyzers object_detection,text_overlay\n\n"
                  "Exit status: 0 planned; 2 wrong use or configuration.");
  command->callback([given, &code] { code = plan(*given); });
}

} // namespace timeloom
