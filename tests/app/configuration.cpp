#include "app/configuration.hpp"

#include "analyzers/catalog.hpp"
#include "app/caption_arguments.hpp"
#include "app/option_table.hpp"
#include "app/readable_groups.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace timeloom;
namespace fs = std::filesystem;

namespace {

/// The configuration that `text` gives; it must be valid.
configuration valid(const std::string& text) {
  expected<configuration> parsed = parse_configuration(text, "c.yaml");
  INFO(text);
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  return *parsed;
}

/// The message with which `text` is refused.
std::string refusal(const std::string& text) {
  expected<configuration> parsed = parse_configuration(text, "c.yaml");
  INFO(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == errc::invalid_config);
  return parsed.error().message;
}

/// `value` at `path`, as nested maps in one line.
std::string at_path(const std::string& path, const std::string& value) {
  std::size_t dot = path.find('.');
  if (dot == std::string::npos)
    return path + ": " + value;
  return path.substr(0, dot) + ": {" + at_path(path.substr(dot + 1), value) + "}";
}

std::string read_all(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using tests::temporary_folder;

configuration with_nothing_at_its_default() {
  configuration c;
  c.output = {"out \"quoted\" \\ \t# und übrig", {output_format::html, output_format::csv, output_format::vtt}, true};
  c.media = {3, 64, decoder_choice::nvdec, 23.976, 3600, 1, "/srv/videos: all"};
  c.cpu_parallel = {1, 64};
  c.models = {"models.yaml", model_device::cpu, mps_choice::on, 8, {5, 7, 0.25, model_dtype::float16}, 0, {}};
  c.models.gpu_groups = {{"both: \"here\"", std::vector{0, 1}, {"object_detection"}, budget_as_share{0.45}, 2, 50},
                         {"people", all_devices{}, {"body_pose"}, budget_in_bytes{std::int64_t{8} << 30}, 1, {}}};
  c.analyzers.enabled = {"text_overlay", "cut_analysis"};
  c.analyzers.color_analysis = {0.1, 16};
  c.analyzers.camera_analysis = {240};
  c.analyzers.audio_levels = {-50.5, 0.75};
  c.analyzers.text_overlay = {29.97, {"deu", "chi_sim", "script/Latin"}, 0};
  c.analyzers.eye_tracking = {4, 0.75};
  c.analyzers.object_detection = {1.5, 0.5};
  c.analyzers.body_pose = {12, 1};
  c.analyzers.background_segmentation = {0.5, 0.25};
  c.analyzers.scene_caption = {"What is \"this\"?", caption_unit::frame, 7, 3};
  c.analyzers.caption_prompts = {{"*lecture \"1\"*", "What is\non the slide?"}, {"*/cats/*", "Which cat?"}};
  c.daemon = {"/var/lib/timeloom", 4, 20, 3600, 0, 0.5, 2.5, 100, 48};
  c.watch = {{"/srv/in coming", "/srv/b"}, {"*.mp4", "clip-?"}, 0.25, 7.5, 1, after_analysis::move};
  c.http = {"::1", 0, "token", "a.pem", "b.pem", {"media.example", "[::1]"}, {"/srv/films"}, 0.5, 1};
  c.log = {log_level::trace, "timeloom.log", 5};
  return c;
}

} // namespace

TEST_CASE("an empty file, an empty group and a file of comments leave every default") {
  CHECK(valid("") == configuration{});
  CHECK(valid("# nothing\n") == configuration{});
  CHECK(valid("---\n") == configuration{});
  CHECK(valid("{}") == configuration{});
  CHECK(valid("media:\nanalyzers:\n  text_overlay:\n") == configuration{});
}

TEST_CASE("the example is printed from the table and parses to exactly the defaults") {
  std::string path = TIMELOOM_SOURCE_DIR "/configs/example.yaml";
  CHECK(read_all(path) == example_yaml());
  expected<configuration> parsed = load_configuration(path);
  REQUIRE(parsed);
  CHECK(*parsed == configuration{});
}

TEST_CASE("the example holds every option with its default, its range and its unit") {
  std::istringstream lines(example_yaml());
  std::vector<std::string> text;
  for (std::string line; std::getline(lines, line);)
    text.push_back(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  for (const option& each : option_table()) {
    std::string name{each.path.substr(each.path.rfind('.') + 1)};
    std::string value = name + ": " + value_as_yaml(each, configuration{});
    std::string comment = "# " + std::string{each.help} + ": " + expectation(each) + ".";
    INFO(each.path);
    bool found = false;
    for (std::size_t i = 1; i < text.size(); ++i)
      found = found || (text[i] == value && text[i - 1] == comment);
    CHECK(found);
    CHECK((each.unit.empty() || comment.find("(" + std::string{each.unit} + ")") != std::string::npos));
  }
}

TEST_CASE("what is printed parses to the same configuration") {
  CHECK(valid(to_yaml(configuration{})) == configuration{});
  CHECK(valid(to_yaml(with_nothing_at_its_default())) == with_nothing_at_its_default());
}

TEST_CASE("every option can differ from its default, alone") {
  configuration other = with_nothing_at_its_default();
  for (const option& each : option_table()) {
    std::string value = value_as_yaml(each, other);
    INFO(each.path);
    CHECK(value != value_as_yaml(each, configuration{}));
    configuration parsed = valid(at_path(std::string{each.path}, value));
    for (const option& any : option_table())
      CHECK(value_as_yaml(any, parsed) == value_as_yaml(any, any.path == each.path ? other : configuration{}));
  }
}

TEST_CASE("every option refuses maps, empty values and words that are none of its own") {
  for (const option& each : option_table()) {
    std::string path{each.path};
    if (!std::holds_alternative<groups_option>(each.kind))
      CHECK(refusal(at_path(path, "{a: 1}")) == "c.yaml:1: " + path + " is a map; expected " + expectation(each));
    CHECK(refusal(at_path(path, "")) == "c.yaml:1: " + path + " is empty; expected " + expectation(each));
    bool text = std::holds_alternative<text_option>(each.kind);
    if (!text)
      CHECK(refusal(at_path(path, "no%pe")) == "c.yaml:1: " + path + " is \"no%pe\"; expected " + expectation(each));
    const bool list =
        std::holds_alternative<list_option>(each.kind) || std::holds_alternative<prompts_option>(each.kind);
    if (!list)
      CHECK(refusal(at_path(path, "[1]")) == "c.yaml:1: " + path + " is a list; expected " + expectation(each));
  }
}

TEST_CASE("a wrong value is named with its file, line, range and unit") {
  CHECK(refusal("analyzers:\n  camera_analysis:\n    rate_hz: fast\n") ==
        "c.yaml:3: analyzers.camera_analysis.rate_hz is \"fast\"; expected a number from 0.1 to 240 (Hz)");
  CHECK(refusal("\n\nmedia: {workers: 65}") ==
        "c.yaml:3: media.workers is \"65\"; expected auto or a whole number from 1 to 64");
  CHECK(refusal("media:\n  threads:\n") ==
        "c.yaml:2: media.threads is empty; expected auto or a whole number from 1 to 64");
  CHECK(refusal("output: {formats: [json,\n  pdf]}") ==
        "c.yaml:2: output.formats holds \"pdf\"; expected a list of json, vtt, csv, html");
  CHECK(refusal("log: {level: loud}") ==
        "c.yaml:1: log.level is \"loud\"; expected one of trace, debug, info, warn, error, off");
  CHECK(refusal("output: {dir: ''}") == "c.yaml:1: output.dir is \"\" in quotes; expected a folder");
}

TEST_CASE("folders to watch are absolute, patterns are of names, and both may be written plainly") {
  CHECK(valid("watch: {folders: []}") == configuration{});
  CHECK(valid("watch: {folders: [/srv/in, '/srv/two words']}").watch.folders ==
        std::vector<std::string>{"/srv/in", "/srv/two words"});
  CHECK(refusal("watch:\n  folders: [/a,\n    b]") ==
        "c.yaml:3: watch.folders holds \"b\"; expected a list of folders, as absolute paths");
  CHECK(refusal("watch: {patterns: [a/b]}").find("expected a list of file names such as *.mp4") != std::string::npos);
  CHECK(refusal("watch: {patterns: []}") ==
        "c.yaml:1: watch.patterns is an empty list; expected a list of file names such as *.mp4");
  CHECK(refusal("http: {allowed_hosts: ['a b']}").find("http.allowed_hosts holds \"a b\"") != std::string::npos);
}

TEST_CASE("numbers are finite, in range, unquoted and nothing else") {
  CHECK(valid("media: {image_rate_hz: 240}").media.image_rate_hz == 240);
  CHECK(valid("media: {image_rate_hz: 0.01}").media.image_rate_hz == 0.01);
  CHECK(valid("media: {image_rate_hz: +2.5e1}").media.image_rate_hz == 25);
  CHECK(valid("media: {image_rate_hz: .5}").media.image_rate_hz == 0.5);
  for (const char* value : {".nan", "nan", ".inf", "inf", "-1", "0", "240.1", "1e999", "0x10", "25 Hz", "1,5", "'25'",
                            "++5", "+-5", "auto", "true", "1_0", "!!str 2x", "99999999999999999999999"}) {
    INFO(value);
    CHECK(refusal("media:\n  image_rate_hz: " + std::string{value}).starts_with("c.yaml:2: media.image_rate_hz"));
  }
  for (const char* value : {"0", "65", "4.0", "4.5", "-4", "auto", "1e1", "2147483648", "''", "''''"})
    CHECK(refusal("cpu_parallel: {frame_slots: " + std::string{value} + "}").find("whole number from 1 to 64") !=
          std::string::npos);
  CHECK(valid("media: {max_pixels: 1073741824}").media.max_pixels == 1073741824);
}

TEST_CASE("a count is a number or auto") {
  CHECK(valid("media: {workers: auto}").media.workers == std::nullopt);
  CHECK(valid("media: {workers: 1}").media.workers == 1);
  CHECK(valid("cpu_parallel: {workers: 64}").cpu_parallel.workers == 64);
  for (const char* value : {"0", "65", "-1", "Auto", "'auto'", "1.0", "all", "~"})
    CHECK_FALSE(refusal("media: {workers: " + std::string{value} + "}").empty());
}

TEST_CASE("a flag is true or false") {
  CHECK(valid("output: {overwrite: true}").output.overwrite);
  CHECK_FALSE(valid("output: {overwrite: false}").output.overwrite);
  for (const char* value : {"yes", "on", "1", "'true'", "maybe"})
    CHECK_FALSE(refusal("output: {overwrite: " + std::string{value} + "}").empty());
}

TEST_CASE("lists are not empty and name nothing twice") {
  CHECK(refusal("output: {formats: []}") ==
        "c.yaml:1: output.formats is an empty list; expected a list of json, vtt, csv, html");
  CHECK(refusal("output:\n  formats:\n  - csv\n  - csv\n") == "c.yaml:4: output.formats holds \"csv\" twice");
  CHECK(refusal("output: {formats: json}").find("is \"json\"; expected a list") != std::string::npos);
  CHECK(refusal("output: {formats: [[json]]}").find("holds a list") != std::string::npos);
  CHECK(refusal("analyzers: {enabled: []}").find("is an empty list; expected all or a list") != std::string::npos);
  CHECK(refusal("analyzers: {enabled: [all]}").find("holds \"all\"") != std::string::npos);
  CHECK(refusal("output: {formats: all}").find("is \"all\"") != std::string::npos);
}

TEST_CASE("analyzers run unless a list leaves them out") {
  CHECK(valid("analyzers: {enabled: all}").analyzers.runs("text_overlay"));
  analyzers_options some = valid("analyzers: {enabled: [cut_analysis]}").analyzers;
  CHECK(some.runs("cut_analysis"));
  CHECK_FALSE(some.runs("text_overlay"));
}

TEST_CASE("every analyzer of the catalog can be chosen") {
  for (const analyzer_description& each : analyzer_catalog()) {
    std::string id{each.id};
    INFO(id);
    CHECK(valid("analyzers: {enabled: [" + id + "]}").analyzers.enabled == std::vector<std::string>{id});
  }
}

TEST_CASE("languages are names, never paths out of Tesseract's folder or joins") {
  CHECK(valid("analyzers: {text_overlay: {languages: [eng, script/Latin]}}").analyzers.text_overlay.languages ==
        std::vector<std::string>{"eng", "script/Latin"});
  for (const char* value : {"../eng", "/etc/x", "eng+deu", "''", "'a b'"})
    CHECK(refusal("analyzers: {text_overlay: {languages: [" + std::string{value} + "]}}").find(" holds ") !=
          std::string::npos);
}

TEST_CASE("an unknown option leads to the one that was probably meant") {
  CHECK(refusal("media:\n  wokers: 2\n") ==
        "c.yaml:2: unknown option \"wokers\" in media; did you mean media.workers?");
  CHECK(refusal("meida: {}") == "c.yaml:1: unknown option \"meida\"; did you mean media?");
  CHECK(refusal("max_pixels: 5") == "c.yaml:1: unknown option \"max_pixels\"; did you mean media.max_pixels?");
  CHECK(refusal("zebra: 5") ==
        "c.yaml:1: unknown option \"zebra\"; expected one of output, media, cpu_parallel, models, "
        "gpu_groups, analyzers, daemon, watch, http, log");
  CHECK(refusal("media: {zebra: 5}") ==
        "c.yaml:1: unknown option \"zebra\" in media; expected one of workers, threads, "
        "decoder, image_rate_hz, stall_timeout_s, max_pixels, root");
  CHECK(refusal("media.workers: 5").starts_with("c.yaml:1: unknown option \"media.workers\"; "));
  CHECK(refusal("<<: {}").starts_with("c.yaml:1: unknown option \"<<\""));
  CHECK(refusal("'': 1").starts_with("c.yaml:1: unknown option \"\""));
  CHECK(refusal(std::string(3000, 'w') + ": 1").size() < 300);
  CHECK(refusal("log: {level: wran}") == "c.yaml:1: log.level is \"wran\"; expected one of trace, debug, info, warn, "
                                         "error, off; did you mean warn?");
  CHECK(refusal("analyzers: {enabled: [cut_analisys]}").ends_with("; did you mean cut_analysis?"));
}

TEST_CASE("a key is given once and is a word") {
  CHECK(refusal("media: {}\nlog: {}\nmedia: {}\n") == "c.yaml:3: media is given twice");
  CHECK(refusal("media:\n  workers: 1\n  workers: 1\n") == "c.yaml:3: media.workers is given twice");
  CHECK(refusal("? [a]\n: 1\n").starts_with("c.yaml:1: a key is a list; expected one of output, media"));
  CHECK(refusal("media: {{a: b}: 1}").starts_with("c.yaml:1: a key in media is a map; expected one of workers"));
  CHECK(refusal("~: 1").starts_with("c.yaml:1: a key is empty"));
}

TEST_CASE("GPU groups are read in the file's order, and what is wrong with one is said with its line") {
  const auto read = valid("gpu_groups:\n"
                          "  detection: {devices: [0, 1], analyzers: [object_detection], vram_budget: 0.45}\n"
                          "  a: {devices: all, analyzers: [body_pose], vram_budget: 8 GiB, replicas: 2}\n");
  REQUIRE(read.models.gpu_groups.size() == 2);
  CHECK(read.models.gpu_groups[0].name == "detection");
  CHECK(read.models.gpu_groups[0].budget == memory_budget{budget_as_share{0.45}});
  CHECK(read.models.gpu_groups[1].budget == memory_budget{budget_in_bytes{std::int64_t{8} << 30}});
  CHECK(read.models.gpu_groups[1].replicas == 2);
  const auto refused = [](const std::string& group) { return refusal("gpu_groups:\n  g: " + group); };
  const auto says = [&](const std::string& group, const std::string& why) {
    INFO(refused(group));
    CHECK(refused(group).find("c.yaml:2: gpu_groups holds the group g" + why) == 0);
  };
  says("5", ", which is \"5\"; expected a map of groups");
  says("{devices: all, analyzers: [body_pose]}", " without a vram_budget");
  says("{analyzers: [body_pose], vram_budget: 1 GB}", " without devices");
  says("{devices: [-1]}", " with the device \"-1\", which is no number from 0");
  says("{devices: some}", " with devices \"some\", which is neither all nor a list of numbers");
  says("{analyzers: [cut_analysis]}", " with \"cut_analysis\", which is no analyzer that runs a model");
  says("{vram_budget: 5 apples}", ": the memory budget \"5 apples\" ");
  says("{replicas: 0}", " with replicas \"0\", which is no whole number from 1 to 16");
  says("{speed: 1}", " with an unknown \"speed\"");
  CHECK(refusal("gpu_groups: 3").find("c.yaml:1: gpu_groups is \"3\"; expected a map of groups") == 0);
  CHECK(valid("gpu_groups: {}") == configuration{});
}

TEST_CASE("prompts for videos of certain names are pairs of words, in the file's order") {
  const auto read = valid("analyzers:\n  scene_caption:\n    prompts:\n"
                          "      - {match: '*lecture*', prompt: 'What is on the slide?'}\n"
                          "      - {prompt: 'Which cat?', match: '*/cats/*'}\n");
  CHECK(read.analyzers.caption_prompts ==
        std::vector<caption_prompt>{{"*lecture*", "What is on the slide?"}, {"*/cats/*", "Which cat?"}});
  CHECK(read.analyzers.of_video("/in/Lecture.mp4").scene_caption.prompt == "What is on the slide?");
  CHECK(read.analyzers.of_video("/in/film.mp4").scene_caption.prompt == scene_caption_options{}.prompt);
  for (const std::string wrong : {"{match: a}", "{match: a, prompt: ''}", "{match: a, prompt: b, more: c}", "a",
                                  "{match: [a], prompt: b}", "{match: a, match: b}", "{? [a] : a, prompt: b}"}) {
    INFO(wrong);
    CHECK(refusal("analyzers: {scene_caption:\n {prompts: [" + wrong + "]}}")
              .starts_with("c.yaml:2: analyzers.scene_caption.prompts holds "));
  }
}

TEST_CASE("the command line beats the file, and its prompt those for videos of certain names") {
  auto settings =
      valid("analyzers: {scene_caption: {max_tiles: 3, batch_size: 5, prompts: [{match: '*', prompt: 'What?'}]}}");
  apply({.max_new_tokens = 7, .max_batch_size = 4, .gpu_memory_fraction = 0.5, .precision = "float16"}, settings);
  CHECK(settings.analyzers.of_video("/a.mp4").scene_caption.prompt == "What?");
  CHECK(settings.analyzers.scene_caption.max_new_tokens == 7);
  CHECK(settings.analyzers.scene_caption.max_tiles == 3);
  CHECK(settings.models.captions == caption_model_options{5, 4, 0.5, model_dtype::float16});
  apply({.prompt = "Who?"}, settings);
  CHECK(settings.analyzers.of_video("/a.mp4").scene_caption.prompt == "Who?");
  CHECK(settings.models.captions.precision == model_dtype::float16);
}

TEST_CASE("what has to be a map is one") {
  CHECK(refusal("- a") == "c.yaml:1: the file is a list; expected a map with output, media, cpu_parallel, models, "
                          "gpu_groups, analyzers, daemon, watch, http, log");
  CHECK(refusal("\nhello").starts_with("c.yaml:2: the file is \"hello\"; expected a map"));
  CHECK(refusal("media: 5").starts_with("c.yaml:1: media is \"5\"; expected a map with workers"));
  CHECK(refusal("analyzers:\n  text_overlay: [1]").starts_with("c.yaml:2: analyzers.text_overlay is a list"));
}

TEST_CASE("text that is no YAML is refused with its line") {
  CHECK(refusal("media: {}\nlog: [").starts_with("c.yaml:2: "));
  CHECK(refusal("media: {}\n  x: y: z\n").starts_with("c.yaml:2: "));
  CHECK(refusal("a: *nowhere").starts_with("c.yaml:1: "));
  CHECK(refusal("media: {}\n---\nlog: {}\n").find("a second YAML document") != std::string::npos);
  CHECK(refusal("log: {}\nmedia: {root: \"\xff\"}") == "c.yaml:2: not UTF-8");
  for (const char* bytes : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x80\x80\x80"})
    CHECK(refusal(bytes) == "c.yaml:1: not UTF-8");
}

TEST_CASE("hostile text ends in an error") {
  CHECK_FALSE(refusal(std::string(1 << 17, '[')).empty());
  CHECK_FALSE(refusal(std::string(1 << 16, '{')).empty());
  CHECK_FALSE(refusal("media: &m\n  workers: *m\n").empty());
  CHECK_FALSE(refusal("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n").empty());
  CHECK_FALSE(refusal(std::string("output: {dir: \"a\\0b\"}")).empty());
  CHECK(refusal("media: {workers: \"a\\n\\e[31m\"}").find('\x1b') == std::string::npos);
}

TEST_CASE("a file that cannot be read is refused for what it is") {
  temporary_folder folder;
  auto refused = [](const fs::path& path) {
    expected<configuration> loaded = load_configuration(path.string());
    REQUIRE_FALSE(loaded);
    return loaded.error();
  };
  fs::path missing = folder.path() / "missing.yaml";
  CHECK(refused(missing) == error{errc::not_found, "cannot open the configuration file " + missing.string() +
                                                       ": No such file or directory"});
  CHECK(refused("").code == errc::not_found);
  CHECK(refused(folder.path()) == error{errc::io, "the configuration file " + folder.path().string() + " is a folder"});

  fs::path pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(refused(pipe) == error{errc::io, "the configuration file " + pipe.string() + " is not a regular file"});

  std::string secret = folder.file("secret.yaml", "");
  REQUIRE(::chmod(secret.c_str(), 0) == 0);
  if (::geteuid() != 0) // root reads everything
    CHECK(refused(secret).code == errc::io);

  std::string full = folder.file("full.yaml", std::string((1 << 20) - 1, '#') + "\n");
  CHECK(load_configuration(full));
  std::string large = folder.file("large.yaml", std::string(1 << 20, '#') + "\n");
  CHECK(refused(large) == error{errc::invalid_config, "the configuration file " + large + " is larger than 1 MiB"});
}

TEST_CASE("of a file with a mistake the sound ones of its groups daemon, http and log can be read") {
  const auto found = parse_readable_groups("media: {workers: many}\n"
                                           "daemon: {state_dir: /srv/state}\n"
                                           "http: {port: 9000}\n"
                                           "watch: {rescan_s: 7}\n"
                                           "log: {file: /srv/log, nonsense: 1}\n");
  CHECK(found.daemon.state_dir == "/srv/state");
  CHECK(found.http.port == 9000);
  CHECK(found.watch.rescan_s == configuration{}.watch.rescan_s);
  CHECK(found.log.file.empty()); // nothing of a group with a mistake: what makes it safe may be missing
  for (const std::string text : {"", "http", "- http", "http: [", "http: {port: 1}\nhttp: {port: 2}\n\xff"})
    CHECK(parse_readable_groups(text).http.port == configuration{}.http.port);
  CHECK(readable_groups("/nowhere/c.yaml").http.port == configuration{}.http.port);
}

TEST_CASE("a file is named in its errors by the path it was opened with") {
  temporary_folder folder;
  std::string path = folder.file("mine.yaml", "\nlog: {level: loud}\n");
  expected<configuration> loaded = load_configuration(path);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.starts_with(path + ":2: log.level is \"loud\""));
}

TEST_CASE("the configuration that the service begins with can be read, and drains within the service's patience") {
  const auto loaded = load_configuration(TIMELOOM_SOURCE_DIR "/configs/daemon.yaml");
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  CHECK(loaded->daemon.drain_s == 30); // and 10 s; TimeoutStopSec of systemd/timeloom.service is 60
  std::ifstream unit{TIMELOOM_SOURCE_DIR "/systemd/timeloom.service"};
  const std::string text{std::istreambuf_iterator<char>{unit}, {}};
  CHECK(text.find("\nTimeoutStopSec=60\n") != std::string::npos);
  CHECK(text.find("\nStateDirectory=timeloom\n") != std::string::npos);
  CHECK(loaded->daemon.state_dir == "/var/lib/timeloom");
}
