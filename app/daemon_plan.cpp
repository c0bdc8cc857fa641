#include "app/daemon_plan.hpp"

#include "analyzers/catalog.hpp"
#include "app/option_table.hpp"
#include "app/user_folder.hpp"
#include "core/sha256.hpp"
#include "serving/archive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

constexpr double gib = 1 << 30;

std::string absolute(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

/// Without a slash at the end, symbolic links followed where the folder is there.
std::string folder_name(const std::string& path) {
  std::error_code none;
  auto real = fs::weakly_canonical(path, none).string();
  return none || real.empty() ? path : real;
}

std::vector<std::string> folder_names(std::vector<std::string> paths) {
  std::transform(paths.begin(), paths.end(), paths.begin(), folder_name);
  return paths;
}

std::string text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Whether who sets it wants other results: how much is computed at once changes at most how it is rounded.
bool changes_results(const option& one) {
  static constexpr std::array<std::string_view, 3> others{"batch_size", "max_batch_size", "gpu_memory_fraction"};
  constexpr std::string_view captions = "analyzers.scene_caption.";
  return !one.path.starts_with(captions) || std::ranges::find(others, one.path.substr(captions.size())) == others.end();
}

/// What the finds of each analyzer are of, besides the video: the program, which pictures there are and what decodes
/// them, the analyzer's options, its model, what it reads with, or why it does not run, and all of this of what it
/// needs.
std::map<std::string, std::string> analyzer_keys(const configuration& settings, const model_plan& models,
                                                 const library_versions& libraries) {
  const auto versions_of = [&](const std::string& name) {
    const auto found = libraries.find(name);
    return found != libraries.end() ? fmt::format("{}: {}\n", name, found->second) : std::string{};
  };
  std::map<std::string, std::string> keys;
  for (const auto& analyzer : analyzer_catalog()) {
    const std::string id{analyzer.id};
    auto& key = keys[id];
    key = "timeloom " TIMELOOM_VERSION "\n" + versions_of("media");
    for (const auto& option : option_table())
      if (option.path == "media.image_rate_hz" || option.path == "media.max_pixels" ||
          (option.path.starts_with("analyzers." + id + '.') && changes_results(option) &&
           option.path != "analyzers.scene_caption.prompts")) // of a video, the one that counts is added
        key += fmt::format("{}={}\n", option.path, value_as_yaml(option, settings));
    if (const auto skipped = models.skipped.find(id); skipped != models.skipped.end())
      key += "skipped: " + skipped->second;
    if (const auto model = models.keys.find(id); model != models.keys.end())
      key += "model: " + model->second;
    else
      key += versions_of(id);
    if (!analyzer.needs.empty())
      key += keys.at(std::string{analyzer.needs});
  }
  return keys;
}

std::string upload_folder(const configuration& settings) {
  return settings.http.max_upload_gib > 0 ? state_folder(settings.daemon) + "/uploads" : "";
}

} // namespace

std::string state_folder(const daemon_options& options) {
  if (!options.state_dir.empty())
    return absolute(options.state_dir);
  const char* given = std::getenv("STATE_DIRECTORY"); // by systemd; several are separated by ':'
  if (given != nullptr && *given != 0)
    return absolute(std::string{given}.substr(0, std::string_view{given}.find(':')));
  return absolute(user_folder("XDG_STATE_HOME", ".local/state"));
}

std::string journal_file(const std::string& state_dir) {
  return state_dir + "/journal.sqlite";
}

std::string endpoint_file(const std::string& state_dir) {
  return state_dir + "/daemon.json";
}

std::string token_file(const configuration& settings) {
  return settings.http.token_file.empty() ? state_folder(settings.daemon) + "/token"
                                          : absolute(settings.http.token_file);
}

std::string analysis_digest(const configuration& settings) {
  static constexpr std::array<std::string_view, 6> telling{"models.device",       "gpu_groups",       "media.decoder",
                                                           "media.image_rate_hz", "media.max_pixels", "analyzers."};
  const auto manifest = absolute(manifest_path(settings.models));
  auto text = fmt::format("timeloom " TIMELOOM_VERSION "\n{}\n{}\n", manifest, sha256_of(text_of(manifest)));
  for (const auto& option : option_table())
    if (option.path != "analyzers.enabled" && changes_results(option) &&
        std::any_of(telling.begin(), telling.end(), [&](auto start) { return option.path.starts_with(start); }))
      text += fmt::format("{}={}\n", option.path, value_as_yaml(option, settings));
  for (const auto& id : settings.analyzers.chosen())
    text += id + '\n';
  return sha256_of(text);
}

daemon_setup plan_daemon(const configuration& settings, const model_plan& models, int media_workers,
                         const library_versions& libraries) {
  daemon_setup setup;
  setup.state_dir = state_folder(settings.daemon);
  setup.output_dir = absolute(settings.output.dir);
  setup.formats = settings.output.formats;
  if (std::find(setup.formats.begin(), setup.formats.end(), output_format::json) == setup.formats.end())
    setup.formats.insert(setup.formats.begin(), output_format::json);
  setup.watched = folder_names(settings.watch.folders);
  setup.roots = folder_names(settings.http.roots);
  if (!upload_folder(settings).empty())
    setup.roots.push_back(folder_name(upload_folder(settings)));
  setup.puts_away = settings.watch.after == after_analysis::move;
  // So that a GPU has pictures while one video ends and the next begins.
  setup.limits.running_jobs =
      settings.daemon.running_jobs.value_or(uses_gpus(models) ? 2 * media_workers : media_workers);
  setup.limits.least_free_bytes = static_cast<std::int64_t>(settings.daemon.min_free_gib * gib);
  setup.limits.least_free_memory_bytes = static_cast<std::int64_t>(settings.daemon.min_free_memory_gib * gib);
  setup.max_attempts = settings.daemon.max_attempts;
  setup.retry_delay = std::chrono::seconds{settings.daemon.retry_delay_s};
  setup.unfinished = std::chrono::milliseconds{std::llround(settings.watch.unfinished_s * 1000)};
  setup.keep_jobs = settings.daemon.keep_jobs;
  setup.upload_dir = folder_name(setup.state_dir + "/uploads");
  setup.keep_uploads = std::chrono::milliseconds{std::llround(settings.daemon.keep_uploads_h * 3'600'000)};
  setup.request.analyzers = settings.analyzers.chosen();
  setup.request.skipped = models.skipped;
  setup.request.without_model = without_model(models);
  setup.request.options = settings.analyzers;
  setup.caption_prompts = settings.analyzers.caption_prompts;
  setup.request.source = {.image_rate_hz = settings.media.image_rate_hz, .max_pixels = settings.media.max_pixels};
  setup.request.configuration = to_yaml(settings);
  setup.analyzer_keys = analyzer_keys(settings, models, libraries);
  setup.analysis_digest = analysis_digest(settings);
  setup.program = "timeloom " TIMELOOM_VERSION;
  return setup;
}

http_options plan_http(const configuration& settings) {
  http_options options;
  options.address = settings.http.address;
  options.port = settings.http.port;
  options.token_file = token_file(settings);
  options.tls_certificate = settings.http.tls_certificate;
  options.tls_key = settings.http.tls_key;
  options.allowed_hosts = settings.http.allowed_hosts;
  options.upload_dir = upload_folder(settings);
  options.max_upload_bytes = static_cast<std::int64_t>(settings.http.max_upload_gib * gib);
  options.max_streams = settings.http.max_streams;
  options.version = TIMELOOM_VERSION;
  return options;
}

watch_options plan_watch(const configuration& settings) {
  watch_options options;
  options.folders = folder_names(settings.watch.folders);
  options.patterns = settings.watch.patterns;
  options.leave_out = {folder_name(absolute(settings.output.dir)), folder_name(state_folder(settings.daemon))};
  if (settings.watch.after == after_analysis::move)
    for (const auto& folder : options.folders)
      options.leave_out.insert(options.leave_out.end(), {folder + done_folder, folder + failed_folder});
  options.settle = std::chrono::milliseconds{std::llround(settings.watch.settle_s * 1000)};
  options.rescan = std::chrono::seconds{settings.watch.rescan_s};
  return options;
}

configuration without_restart(const configuration& running, configuration wanted) {
  wanted.media = running.media;
  wanted.cpu_parallel = running.cpu_parallel;
  wanted.models = running.models;
  wanted.daemon.state_dir = running.daemon.state_dir;
  wanted.http = running.http;
  wanted.log = running.log;
  return wanted;
}

std::vector<std::string> differing_options(const configuration& a, const configuration& b) {
  std::vector<std::string> paths;
  for (const auto& option : option_table())
    if (value_as_yaml(option, a) != value_as_yaml(option, b))
      paths.emplace_back(option.path);
  return paths;
}

} // namespace timeloom
