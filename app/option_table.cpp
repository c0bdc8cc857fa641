#include "app/option_table.hpp"

#include "app/gpu_groups_yaml.hpp"

#include "analyzers/catalog.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>

namespace timeloom {

namespace {

constexpr std::array<std::string_view, 3> decoder_names{"auto", "software", "nvdec"};
constexpr std::array<std::string_view, 3> mps_names{"auto", "on", "off"};
constexpr std::array<std::string_view, 2> device_names{"auto", "cpu"};
constexpr std::array<std::string_view, 4> precision_names{"auto", "float32", "float16", "bfloat16"};
constexpr std::array<std::string_view, 2> unit_names{"scene", "frame"};
constexpr std::array<std::string_view, 2> after_names{"in_place", "move"};
constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};

std::span<const std::string_view> analyzer_ids() {
  static const std::vector<std::string_view> ids = [] {
    std::vector<std::string_view> all;
    for (const analyzer_description& each : analyzer_catalog())
      all.push_back(each.id);
    return all;
  }();
  return ids;
}

/// The member at the end of a path of members: `at<&configuration::log, &log_options::file>`.
template <auto... Members>
auto& at(configuration& in) {
  return (in.*....*Members);
}

/// The enumerator that stands where `name` does in `names`, which must hold it.
template <class Enum>
Enum enumerator(std::span<const std::string_view> names, std::string_view name) {
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

std::vector<std::string> format_words(const configuration& from) {
  std::vector<std::string> words;
  for (output_format format : from.output.formats)
    words.emplace_back(to_string(format));
  return words;
}

void set_formats(configuration& in, const std::vector<std::string>& words) {
  in.output.formats.clear();
  for (const std::string& word : words)
    in.output.formats.push_back(enumerator<output_format>(output_format_names, word));
}

std::vector<std::string> enabled_words(const configuration& from) {
  return from.analyzers.enabled.value_or(std::vector<std::string>{});
}

void set_enabled(configuration& in, const std::vector<std::string>& words) {
  in.analyzers.enabled.reset();
  if (!words.empty())
    in.analyzers.enabled = words;
}

/// Tesseract joins languages with '+' and makes file names of them; "script/Latin" is one.
bool is_language(std::string_view word) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/';
  };
  return !word.empty() && word.size() <= 64 && word.front() != '/' && std::ranges::all_of(word, allowed);
}

bool is_absolute_path(std::string_view word) {
  return word.starts_with('/') && word.find('\0') == std::string_view::npos;
}

bool is_file_pattern(std::string_view word) {
  return !word.empty() && word.find('/') == std::string_view::npos && word.find('\0') == std::string_view::npos;
}

/// Or an address; what a Host header may hold.
bool is_host_name(std::string_view word) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == ':' || c == '[' || c == ']';
  };
  return !word.empty() && word.size() <= 255 && std::ranges::all_of(word, allowed);
}

/// A list of words that is the member at the end of a path.
template <auto... Members>
list_option words_at(bool (*accepts)(std::string_view), std::string_view what, bool may_be_empty) {
  return {{},
          accepts,
          what,
          false,
          may_be_empty,
          [](const configuration& from) { return (from.*....*Members); },
          [](configuration& in, const std::vector<std::string>& words) { (in.*....*Members) = words; }};
}

std::vector<option> make_table() {
  using c = configuration;
  using a = analyzers_options;
  using m = models_options;
  using k = caption_model_options;
  using real = number_option<double>;
  using whole = number_option<int>;
  constexpr auto least_rate = 0.1;
  constexpr auto most_rate = 240.0;
  return {
      {"output.dir", text_option{at<&c::output, &output_options::dir>, false, "a folder"}, "", "Where timelines go"},
      {"output.formats", list_option{output_format_names, nullptr, "", false, false, format_words, set_formats}, "",
       "What is written for each video"},
      {"output.overwrite", flag_option{at<&c::output, &output_options::overwrite>}, "",
       "Replace timelines that are already there, as the daemon always does"},

      {"media.workers", count_option{at<&c::media, &media_options::workers>, 1, 64}, "",
       "Processes that read and decode, one video each at a time"},
      {"media.threads", count_option{at<&c::media, &media_options::threads>, 1, 64}, "", "Decoder threads a worker"},
      {"media.decoder",
       word_option{
           decoder_names, [](const c& from) { return decoder_names.at(static_cast<std::size_t>(from.media.decoder)); },
           [](c& in, std::string_view name) { in.media.decoder = enumerator<decoder_choice>(decoder_names, name); }},
       "", "What decodes; auto takes software or a GPU, whichever it measured to be faster for the codec and size"},
      {"media.image_rate_hz", real{at<&c::media, &media_options::image_rate_hz>, 0.01, 240}, "Hz",
       "Frames a second that a folder of images stands for"},
      {"media.stall_timeout_s", whole{at<&c::media, &media_options::stall_timeout_s>, 1, 3600}, "s",
       "How long a worker may stay silent before it is ended"},
      {"media.max_pixels", number_option<std::int64_t>{at<&c::media, &media_options::max_pixels>, 1, 1'073'741'824},
       "pixels", "Frames larger than this are refused"},
      {"media.root",
       text_option{at<&c::media, &media_options::root>, true, "a folder, or \"\" for anything the user may read"}, "",
       "Inputs outside of it are refused"},

      {"cpu_parallel.workers", count_option{at<&c::cpu_parallel, &cpu_parallel_options::workers>, 1, 64}, "",
       "Processes that analyze sampled frames"},
      {"cpu_parallel.frame_slots", whole{at<&c::cpu_parallel, &cpu_parallel_options::frame_slots>, 1, 64}, "frames",
       "Sampled frames in flight a video"},

      {"models.manifest",
       text_option{at<&c::models, &models_options::manifest>, true,
                   "a file, or \"\" for timeloom/models.yaml in the user's configuration folder"},
       "", "The models that there are; configs/models.yaml explains it"},
      {"models.device",
       word_option{
           device_names, [](const c& from) { return device_names.at(static_cast<std::size_t>(from.models.device)); },
           [](c& in, std::string_view name) { in.models.device = enumerator<model_device>(device_names, name); }},
       "", "Where models run; auto takes the GPUs if there are any"},
      {"models.mps",
       word_option{mps_names, [](const c& from) { return mps_names.at(static_cast<std::size_t>(from.models.mps)); },
                   [](c& in, std::string_view name) { in.models.mps = enumerator<mps_choice>(mps_names, name); }},
       "", "Share each GPU through NVIDIA MPS; auto where scripts/start_mps.sh has started it, on starts it"},
      {"models.max_batch_size", count_option{at<&c::models, &models_options::max_batch_size>, 1, 512}, "pictures",
       "Pictures that a model looks at together, at most"},
      {"models.max_wait_ms", whole{at<&c::models, &models_options::max_wait_ms>, 0, 10000}, "ms",
       "How long a picture waits for its batch to fill"},

      {"gpu_groups", groups_option{at<&c::models, &models_options::gpu_groups>}, "",
       "Which workers run which models on which GPUs; {} leaves it to timeloom"},

      {"analyzers.enabled", list_option{analyzer_ids(), nullptr, "", true, false, enabled_words, set_enabled}, "",
       "Analyzers that run"},
      {"analyzers.color_analysis.rate_hz",
       real{at<&c::analyzers, &a::color_analysis, &color_analysis_options::rate_hz>, least_rate, most_rate}, "Hz",
       "Frames looked at in a second of video"},
      {"analyzers.color_analysis.colors",
       whole{at<&c::analyzers, &a::color_analysis, &color_analysis_options::colors>, 1, 16}, "colours",
       "Dominant colours of a scene"},
      {"analyzers.camera_analysis.rate_hz",
       real{at<&c::analyzers, &a::camera_analysis, &camera_analysis_options::rate_hz>, least_rate, most_rate}, "Hz",
       "Frames looked at in a second of video"},
      {"analyzers.audio_levels.silence_dbfs",
       real{at<&c::analyzers, &a::audio_levels, &audio_levels_options::silence_dbfs>, -120, 0}, "dBFS",
       "Silence is where no sample of any channel reaches this"},
      {"analyzers.audio_levels.silence_min_s",
       real{at<&c::analyzers, &a::audio_levels, &audio_levels_options::silence_min_s>, 0.01, 3600}, "s",
       "The shortest silence that is told"},
      {"analyzers.text_overlay.rate_hz",
       real{at<&c::analyzers, &a::text_overlay, &text_overlay_options::rate_hz>, least_rate, most_rate}, "Hz",
       "Frames looked at in a second of video"},
      {"analyzers.text_overlay.languages",
       words_at<&c::analyzers, &a::text_overlay, &text_overlay_options::languages>(
           is_language, "Tesseract languages such as eng", false),
       "", "Languages of the text"},
      {"analyzers.text_overlay.min_confidence",
       real{at<&c::analyzers, &a::text_overlay, &text_overlay_options::min_confidence>, 0, 100}, "%",
       "Lines read with less confidence are dropped"},
      {"analyzers.eye_tracking.rate_hz",
       real{at<&c::analyzers, &a::eye_tracking, &eye_tracking_options::rate_hz>, least_rate, most_rate}, "Hz",
       "Frames looked at in a second of video"},
      {"analyzers.eye_tracking.min_score",
       real{at<&c::analyzers, &a::eye_tracking, &eye_tracking_options::min_score>, 0, 1}, "",
       "A face must be seen with at least this score once"},
      {"analyzers.object_detection.rate_hz",
       real{at<&c::analyzers, &a::object_detection, &object_detection_options::rate_hz>, least_rate, most_rate}, "Hz",
       "Frames looked at in a second of video"},
      {"analyzers.object_detection.min_score",
       real{at<&c::analyzers, &a::object_detection, &object_detection_options::min_score>, 0, 1}, "",
       "An object must be seen with at least this score once"},
      {"analyzers.body_pose.rate_hz",
       real{at<&c::analyzers, &a::body_pose, &body_pose_options::rate_hz>, least_rate, most_rate}, "Hz",
       "Frames looked at in a second of video"},
      {"analyzers.body_pose.min_score", real{at<&c::analyzers, &a::body_pose, &body_pose_options::min_score>, 0, 1}, "",
       "A person must be seen with at least this score once"},
      {"analyzers.background_segmentation.rate_hz",
       real{at<&c::analyzers, &a::background_segmentation, &background_segmentation_options::rate_hz>, least_rate,
            most_rate},
       "Hz", "Frames looked at in a second of video"},
      {"analyzers.background_segmentation.min_share",
       real{at<&c::analyzers, &a::background_segmentation, &background_segmentation_options::min_share>, 0.001, 1}, "",
       "The share of the picture that a class must cover, or what moves"},

      {"analyzers.scene_caption.prompt",
       text_option{at<&c::analyzers, &a::scene_caption, &scene_caption_options::prompt>, false, "words"}, "",
       "What is asked about the pictures"},
      {"analyzers.scene_caption.prompts", prompts_option{at<&c::analyzers, &a::caption_prompts>}, "",
       "What is asked instead about videos of certain names; the first that matches counts"},
      {"analyzers.scene_caption.caption",
       word_option{
           unit_names,
           [](const c& from) { return unit_names.at(static_cast<std::size_t>(from.analyzers.scene_caption.caption)); },
           [](c& in, std::string_view name) {
             in.analyzers.scene_caption.caption = enumerator<caption_unit>(unit_names, name);
           }},
       "", "A caption for each scene, of its first, representative and last frame, or for each of these frames"},
      {"analyzers.scene_caption.max_new_tokens",
       whole{at<&c::analyzers, &a::scene_caption, &scene_caption_options::max_new_tokens>, 1, 4096}, "tokens",
       "A caption is cut short there"},
      {"analyzers.scene_caption.max_tiles",
       whole{at<&c::analyzers, &a::scene_caption, &scene_caption_options::max_tiles>, 1, 12}, "tiles",
       "Into which a picture is cut at most: more show smaller things and cost more time"},
      {"analyzers.scene_caption.batch_size", count_option{at<&c::models, &m::captions, &k::batch_size>, 1, 512},
       "questions", "Captions that are computed together, at most; auto is by the memory"},
      {"analyzers.scene_caption.max_batch_size", count_option{at<&c::models, &m::captions, &k::max_batch_size>, 1, 512},
       "questions", "What a batch_size of auto may come to"},
      {"analyzers.scene_caption.gpu_memory_fraction",
       real{at<&c::models, &m::captions, &k::gpu_memory_fraction>, 0.01, 0.9}, "",
       "Share of a GPU's memory that captions may take, with the model"},
      {"analyzers.scene_caption.precision",
       word_option{precision_names, [](const c& from) { return to_string(from.models.captions.precision); },
                   [](c& in, std::string_view name) {
                     in.models.captions.precision = enumerator<model_dtype>(precision_names, name);
                   }},
       "",
       "What the model computes in; auto is what the manifest of models says, by itself bfloat16 on a GPU and float32 "
       "without"},

      {"daemon.state_dir",
       text_option{at<&c::daemon, &daemon_options::state_dir>, true,
                   "a folder, or \"\" for systemd's, or timeloom in the user's folder for states"},
       "", "Where the journal of jobs, the token and uploads are kept"},
      {"daemon.running_jobs", count_option{at<&c::daemon, &daemon_options::running_jobs>, 1, 64}, "",
       "Videos that are analyzed at a time; auto is one for each media worker, or two where GPUs run models"},
      {"daemon.max_attempts", whole{at<&c::daemon, &daemon_options::max_attempts>, 1, 20}, "",
       "How often a video is tried before it is put into quarantine"},
      {"daemon.retry_delay_s", whole{at<&c::daemon, &daemon_options::retry_delay_s>, 1, 3600}, "s",
       "How long until the second attempt; doubled before each later one, up to an hour"},
      {"daemon.drain_s", whole{at<&c::daemon, &daemon_options::drain_s>, 0, 3600}, "s",
       "How long running analyses may still take when the daemon is told to end"},
      {"daemon.min_free_gib", real{at<&c::daemon, &daemon_options::min_free_gib>, 0, 1'000'000}, "GiB",
       "Nothing starts while less is free where results are written"},
      {"daemon.min_free_memory_gib", real{at<&c::daemon, &daemon_options::min_free_memory_gib>, 0, 1'000'000}, "GiB",
       "Nothing starts while less memory is free on this machine"},
      {"daemon.keep_jobs", whole{at<&c::daemon, &daemon_options::keep_jobs>, 100, 10'000'000}, "",
       "Jobs that are over and remembered; older ones are forgotten, their results stay"},
      {"daemon.keep_uploads_h", real{at<&c::daemon, &daemon_options::keep_uploads_h>, 0, 100'000}, "h",
       "How long an uploaded video is kept when its job is over, to be played or tried again"},

      {"watch.folders",
       words_at<&c::watch, &watch_folders_options::folders>(is_absolute_path, "folders, as absolute paths", true), "",
       "Videos that appear in them, or in their subfolders, are analyzed"},
      {"watch.patterns",
       words_at<&c::watch, &watch_folders_options::patterns>(is_file_pattern, "file names such as *.mp4", false), "",
       "Which files are videos; upper and lower case are the same"},
      {"watch.settle_s", real{at<&c::watch, &watch_folders_options::settle_s>, 0.05, 3600}, "s",
       "A file is taken when it has not changed for so long"},
      {"watch.unfinished_s", real{at<&c::watch, &watch_folders_options::unfinished_s>, 0, 86400}, "s",
       "One that ends too early waits for its rest until it has not changed for so long"},
      {"watch.rescan_s", whole{at<&c::watch, &watch_folders_options::rescan_s>, 1, 86400}, "s",
       "How often all folders are looked through, for file systems that send no events"},
      {"watch.after",
       word_option{
           after_names, [](const c& from) { return after_names.at(static_cast<std::size_t>(from.watch.after)); },
           [](c& in, std::string_view name) { in.watch.after = enumerator<after_analysis>(after_names, name); }},
       "", "Whether a video stays where it is, or moves to done/ or failed/ in its folder"},

      {"http.address", text_option{at<&c::http, &http_settings::address>, true, "an address, or \"\" for no HTTP"}, "",
       "Where the daemon listens; 127.0.0.1 is this machine alone"},
      {"http.port", whole{at<&c::http, &http_settings::port>, 0, 65535}, "", "0 takes any free one"},
      {"http.token_file",
       text_option{at<&c::http, &http_settings::token_file>, true, "a file, or \"\" for token in the state folder"}, "",
       "Holds the token that requests need; made at first start"},
      {"http.tls_certificate", text_option{at<&c::http, &http_settings::tls_certificate>, true, "a PEM file, or \"\""},
       "", "With tls_key: HTTPS"},
      {"http.tls_key", text_option{at<&c::http, &http_settings::tls_key>, true, "a PEM file, or \"\""}, "",
       "The key of tls_certificate"},
      {"http.allowed_hosts",
       words_at<&c::http, &http_settings::allowed_hosts>(is_host_name, "host names or addresses", true), "",
       "Names besides the loopback's by which browsers may ask for it"},
      {"http.roots", words_at<&c::http, &http_settings::roots>(is_absolute_path, "folders, as absolute paths", true),
       "", "Videos that may be submitted by their path, besides those of watch.folders"},
      {"http.max_upload_gib", real{at<&c::http, &http_settings::max_upload_gib>, 0, 100'000}, "GiB",
       "Larger uploads are refused; 0 takes none"},
      {"http.max_streams", whole{at<&c::http, &http_settings::max_streams>, 1, 1024}, "",
       "Listeners to events at a time"},

      {"log.level",
       word_option{level_names, [](const c& from) { return to_string(from.log.level); },
                   [](c& in, std::string_view name) { in.log.level = enumerator<log_level>(level_names, name); }},
       "", "The least message that is logged"},
      {"log.file", text_option{at<&c::log, &log_options::file>, true, "a file, or \"\" for standard error"}, "",
       "Where messages go"},
      {"log.stats_interval_s", whole{at<&c::log, &log_options::stats_interval_s>, 0, 86400}, "s",
       "How often what the workers and GPUs do is logged, with the level info; 0 is never"},
  };
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    std::swap(last, row);
  }
  return last[b.size()];
}

struct expectation_text {
  template <class T>
  std::string operator()(const number_option<T>& wanted) const {
    std::string_view what = std::is_integral_v<T> ? "a whole number" : "a number";
    return fmt::format("{} from {} to {}", what, wanted.least, wanted.most);
  }
  std::string operator()(const count_option& wanted) const {
    return fmt::format("auto or a whole number from {} to {}", wanted.least, wanted.most);
  }
  std::string operator()(const flag_option&) const { return "true or false"; }
  std::string operator()(const text_option& wanted) const { return std::string{wanted.what}; }
  std::string operator()(const word_option& wanted) const {
    return fmt::format("one of {}", fmt::join(wanted.names, ", "));
  }
  std::string operator()(const groups_option&) const {
    return "a map of groups by name, each with devices (all or a list of numbers), analyzers (that run models) and "
           "vram_budget (such as 8 GiB, or 0.45 of a device), and if need be replicas and active_thread_percentage";
  }
  std::string operator()(const prompts_option&) const {
    return "a list of {match: names such as *lecture*, or paths such as */talks/*, prompt: words}";
  }
  std::string operator()(const list_option& wanted) const {
    std::string_view start = wanted.or_all ? "all or a list of" : "a list of";
    if (wanted.names.empty())
      return fmt::format("{} {}", start, wanted.what);
    return fmt::format("{} {}", start, fmt::join(wanted.names, ", "));
  }
};

/// Whether YAML reads it as text without quotes.
bool is_plain_word(std::string_view word) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '/';
  };
  return !word.empty() && word.front() != '-' && std::ranges::all_of(word, plain);
}

struct value_text {
  configuration from;

  template <class T>
  std::string operator()(const number_option<T>& wanted) {
    return fmt::format("{}", wanted.value(from));
  }
  std::string operator()(const count_option& wanted) {
    const automatic_count& value = wanted.value(from);
    return value ? fmt::format("{}", *value) : "auto";
  }
  std::string operator()(const flag_option& wanted) { return wanted.value(from) ? "true" : "false"; }
  std::string operator()(const text_option& wanted) { return timeloom::quoted(wanted.value(from)); }
  std::string operator()(const word_option& wanted) { return std::string{wanted.read(from)}; }
  std::string operator()(const groups_option& wanted) { return gpu_groups_as_yaml(wanted.value(from)); }
  std::string operator()(const prompts_option& wanted) {
    std::vector<std::string> all;
    for (const auto& one : wanted.value(from))
      all.push_back(
          fmt::format("{{match: {}, prompt: {}}}", timeloom::quoted(one.match), timeloom::quoted(one.prompt)));
    return fmt::format("[{}]", fmt::join(all, ", "));
  }
  std::string operator()(const list_option& wanted) {
    std::vector<std::string> words = wanted.read(from);
    for (std::string& word : words)
      if (!is_plain_word(word))
        word = timeloom::quoted(word);
    return wanted.or_all && words.empty() ? "all" : fmt::format("[{}]", fmt::join(words, ", "));
  }
};

} // namespace

std::string_view to_string(log_level level) {
  return level_names.at(static_cast<std::size_t>(level));
}

std::span<const option> option_table() {
  static const std::vector<option> table = make_table();
  return table;
}

std::string expectation(const option& wanted) {
  std::string text = std::visit(expectation_text{}, wanted.kind);
  return wanted.unit.empty() ? text : fmt::format("{} ({})", text, wanted.unit);
}

std::string value_as_yaml(const option& wanted, const configuration& from) {
  return std::visit(value_text{from}, wanted.kind);
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  if (word.size() > 64)
    return std::nullopt;
  auto distance = [&](const std::string& name) { return edit_distance(word, name); };
  auto best = std::ranges::min_element(candidates, {}, distance);
  if (best == candidates.end() || distance(*best) > std::max<std::size_t>(1, best->size() / 3))
    return std::nullopt;
  return *best;
}

} // namespace timeloom
