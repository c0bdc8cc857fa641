/// What the user may set, as plain aggregates whose initialisers are the defaults.
///
/// A configuration is read once, at the edge, and handed on by part; every value in it has been checked. The names,
/// ranges and units that a file uses stand in one table, `app/option_table.cpp`.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/caption_prompts.hpp"
#include "core/error.hpp"
#include "gpu_groups/groups.hpp"
#include "model_cache/manifest.hpp"
#include "timeline/output_format.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// How many of something; empty (`auto` in a file) leaves it to the machine's size.
using automatic_count = std::optional<int>;

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

std::string_view to_string(log_level level);

struct output_options {
  std::string dir = "./timeloom-out";
  std::vector<output_format> formats{output_format::json, output_format::html};
  bool overwrite = false;

  bool operator==(const output_options&) const = default;
};

/// Which decoders media workers use; both: some of them the one, some the other.
enum class decoder_choice : std::uint8_t { automatic, software, nvdec };

struct media_options {
  automatic_count workers;
  automatic_count threads; ///< decoder threads a worker
  decoder_choice decoder = decoder_choice::automatic;
  double image_rate_hz = 25;
  int stall_timeout_s = 60;
  std::int64_t max_pixels = 134217728;
  std::string root; ///< empty: anything that the user may read

  bool operator==(const media_options&) const = default;
};

struct cpu_parallel_options {
  automatic_count workers;
  int frame_slots = 4; ///< sampled frames in flight a video

  bool operator==(const cpu_parallel_options&) const = default;
};

enum class model_device : std::uint8_t { automatic, cpu };

/// Whether workers share a GPU through NVIDIA MPS: automatic where its server runs, on starts it.
enum class mps_choice : std::uint8_t { automatic, on, off };

/// How the model of scene_caption runs.
struct caption_model_options {
  automatic_count batch_size;     ///< questions computed together; empty: by the memory
  automatic_count max_batch_size; ///< of what an empty `batch_size` comes to
  double gpu_memory_fraction = 0.9;
  model_dtype precision = model_dtype::automatic; ///< automatic: as the manifest says

  bool operator==(const caption_model_options&) const = default;
};

struct models_options {
  std::string manifest; ///< empty: models.yaml in the user's configuration folder
  model_device device = model_device::automatic;
  mps_choice mps = mps_choice::automatic;
  automatic_count max_batch_size; ///< empty: by the device's memory
  caption_model_options captions;
  int max_wait_ms = 20;              ///< of a picture, for its batch to fill
  std::vector<gpu_group> gpu_groups; ///< none: worked out from the devices and models

  bool operator==(const models_options&) const = default;
};

struct analyzers_options : analyzer_options {
  std::optional<std::vector<std::string>> enabled; ///< ids; empty: all
  std::vector<caption_prompt> caption_prompts;

  bool operator==(const analyzers_options&) const = default;

  /// Whether the analyzer `id` is to run.
  bool runs(std::string_view id) const;
  /// Those that are to run, in catalog order.
  std::vector<std::string> chosen() const;
  /// For the video or folder of images at `path`, which is absolute.
  analyzer_options of_video(const std::string& path) const;
};

struct log_options {
  log_level level = log_level::warn;
  std::string file;          ///< empty: standard error
  int stats_interval_s = 60; ///< 0: never

  bool operator==(const log_options&) const = default;
};

/// What becomes of a watched video once its analysis is over: it stays, or goes to done/ or failed/ in its folder.
enum class after_analysis : std::uint8_t { in_place, move };

/// How `timeloom daemon` works off its jobs.
struct daemon_options {
  std::string state_dir; ///< empty: systemd's, or timeloom in the user's folder for states
  automatic_count running_jobs;
  int max_attempts = 3;
  int retry_delay_s = 30; ///< before the second attempt; doubled before each later one
  int drain_s = 30;
  double min_free_gib = 1; ///< where results and state are written
  double min_free_memory_gib = 0.5;
  int keep_jobs = 100000; ///< in the journal, of those that are over
  double keep_uploads_h = 24;

  bool operator==(const daemon_options&) const = default;
};

struct watch_folders_options {
  std::vector<std::string> folders; ///< absolute
  std::vector<std::string> patterns{"*.mp4", "*.m4v", "*.mov", "*.mkv",  "*.webm", "*.avi",
                                    "*.ts",  "*.mts", "*.mpg", "*.mpeg", "*.wmv",  "*.flv"};
  double settle_s = 5;
  double unfinished_s = 300;
  int rescan_s = 60;
  after_analysis after = after_analysis::in_place;

  bool operator==(const watch_folders_options&) const = default;
};

struct http_settings {
  std::string address = "127.0.0.1"; ///< empty: no HTTP
  int port = 8765;
  std::string token_file; ///< empty: token in the folder for states
  std::string tls_certificate;
  std::string tls_key;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> roots; ///< absolute; videos that may be submitted, besides the watched ones
  double max_upload_gib = 4;
  int max_streams = 32;

  bool operator==(const http_settings&) const = default;
};

struct configuration {
  output_options output;
  media_options media;
  cpu_parallel_options cpu_parallel;
  models_options models;
  analyzers_options analyzers;
  daemon_options daemon;
  watch_folders_options watch;
  http_settings http;
  log_options log;

  bool operator==(const configuration&) const = default;
};

/// Reads the YAML file `path`, a regular file of at most 1 MiB; what it leaves out keeps its default.
/// Fails with `not_found` or `io` when it cannot be read, else with `invalid_config` and a message that opens with
/// `FILE:LINE:` and names the option, its value and what was expected. The first fault found is the one reported.
expected<configuration> load_configuration(const std::string& path);

/// As `load_configuration`, from the text of a file; `name` is what messages call it.
expected<configuration> parse_configuration(const std::string& text, const std::string& name);

/// Every option with its value; `parse_configuration` gives the same configuration back.
std::string to_yaml(const configuration& effective);

/// Every option with its default, explained: the text of `configs/example.yaml`.
std::string example_yaml();

} // namespace timeloom
