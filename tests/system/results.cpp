/// What the program writes and says.
#include "tests/catch.hpp"
#include "tests/system/support.hpp"
#include "tests/timeline/schema.hpp"

#include <atomic>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace timeloom::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

constexpr const char* moving = "testsrc2=size=160x90:rate=25";

words analyze(const temporary_folder& folder, const words& more) {
  words all{"analyze-video", "--out", folder.path("results"), "--format", "json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// No control character but the end of a line, in UTF-8.
bool is_harmless(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7F)
      return false;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return false;
  }
  return true;
}

} // namespace

TEST_CASE("a clip with cuts and words gives a timeline that fits the schema, with both on their frames") {
  const temporary_folder folder;
  const auto video = folder.path("clip.mp4");
  const std::string words_on = "drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:"
                               "text='GOLDEN HARBOUR':fontsize=56:fontcolor=white:x=(w-text_w)/2:y=150";
  ffmpeg({"-f", "lavfi", "-i",
          "color=0x203050:size=640x360:rate=25:duration=2," + words_on +
              ",setsar=1[a];testsrc2=size=640x360:rate=25:duration=2.4,setsar=1[b];"
              "smptebars=size=640x360:rate=25:duration=1.6,setsar=1[c];[a][b][c]concat=n=3:v=1:a=0",
          "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", video});
  const auto end = run_program(folder, analyze(folder, {video}));
  INFO(end.err);
  REQUIRE(end.status == 0);
  const auto made = timeline_at(folder.path("results/clip.timeline.json"));
  CHECK(timeloom::schema_complaints(made).empty());
  CHECK(has(made.at("provenance").at("libraries").dump(), "libavcodec "));
  std::vector<std::int64_t> cuts;
  std::string read;
  for (const auto& event : made.at("events")) {
    if (event.at("analyzer") == "cut_analysis" && event.at("kind") == "cut")
      cuts.push_back(event.at("frame"));
    if (event.at("analyzer") == "text_overlay" && event.at("start_s") < 1.9)
      read += event.value("text", "") + "\n";
  }
  CHECK(cuts == std::vector<std::int64_t>{50, 110});
  CHECK(has(read, "GOLDEN HARBOUR"));
  CHECK(made.at("media").at("frames") == 150);
  CHECK(made.at("scenes").size() >= 2);
  CHECK(has(report_of(made, "object_detection").at("backend"), "people detector"));
  CHECK(has(report_of(made, "eye_tracking").at("backend"), "cascades"));
  for (const auto& report : made.at("analyzers")) {
    const auto id = report.at("id").get<std::string>();
    CAPTURE(id);
    const bool needs_a_model = id == "body_pose" || id == "scene_caption";
    CHECK(report.at("status") == (needs_a_model ? "skipped" : "done"));
  }
}

TEST_CASE("statistics are printed after the results, and only when asked for") {
  const temporary_folder folder;
  const auto video = make_text_clip(folder, "clip.mp4", 2);
  const auto config = folder.write("c.yaml", "cpu_parallel: {workers: 1}\n");
  const auto plain = run_program(folder, analyze(folder, {video, "-c", config, "-a", "text_overlay"}));
  CHECK_FALSE(has(plain.out, "analysis worker"));
  const auto end =
      run_program(folder, analyze(folder, {video, "-c", config, "-a", "text_overlay", "--overwrite", "--stats"}));
  INFO(end.out << end.err);
  REQUIRE(end.status == 0);
  const auto results = end.out.find("analyzed in"), figures = end.out.find("\nanalysis worker\n  text_overlay  ");
  REQUIRE(figures != std::string::npos);
  CHECK(results < figures);
  CHECK(has(end.out, "\n    picture compute, ms              2 ")); // 2 s at 1 Hz
  CHECK(is_harmless(end.out));
}

TEST_CASE("statistics of a run without workers for sampled pictures say that there are none") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 1);
  const auto end = run_program(folder, analyze(folder, {video, "-a", "cut_analysis", "--stats"}));
  CHECK(end.status == 0);
  CHECK(has(end.out, "\nno analysis or model worker was started\n"));
}

TEST_CASE("sound is measured as ffmpeg's own filters measure it") {
  const temporary_folder folder;
  const auto video = folder.path("clip.mkv");
  const std::string sound = "anoisesrc=d=12:c=pink:a=0.4:r=48000:seed=3,"
                            "volume='if(between(t,3,5.6)+between(t,8,9.5),0,1)':eval=frame,asetnsamples=480";
  ffmpeg({"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=12", "-f", "lavfi", "-i", sound, "-c:v",
          "libx264", "-preset", "ultrafast", "-c:a", "aac", video});
  const auto end = run_program(folder, analyze(folder, {"-a", "audio_levels", video}));
  INFO(end.err);
  REQUIRE(end.status == 0);
  const auto made = timeline_at(folder.path("results/clip.timeline.json"));
  CHECK(timeloom::schema_complaints(made).empty());
  CHECK(report_of(made, "audio_levels").at("status") == "done");

  run_tool({"sh", "-c",
            "ffmpeg -nostdin -hide_banner -i '" + video + "' -af silencedetect,ebur128=peak=true -f null - 2>'" +
                folder.path("words") + "'"});
  const auto words_said = read_file(folder.path("words"));
  const auto number_after = [&](const std::string& name) {
    const auto at = words_said.rfind(name);
    REQUIRE(at != std::string::npos);
    return std::stod(words_said.substr(at + name.size()));
  };
  int silences = 0;
  for (const auto& event : made.at("events")) {
    if (event.at("kind") == "programme") {
      const auto& levels = event.at("attributes");
      CHECK(levels.at("integrated_lufs").get<double>() == Approx(number_after("I:")).margin(0.1001));
      CHECK(levels.at("true_peak_dbtp").get<double>() == Approx(number_after("Peak:")).margin(0.2));
    } else if (event.at("kind") == "silence") {
      ++silences;
      CHECK(event.at("start_s").get<double>() == Approx(number_after("silence_start:")).margin(0.05));
      CHECK(event.at("end_s").get<double>() == Approx(number_after("silence_end:")).margin(0.05));
      CHECK(event.at("start_frame") == static_cast<int>(event.at("start_s").get<double>() * 25));
    }
  }
  CHECK(silences == 1);
}

TEST_CASE("a video without sound says so, and broken sound leaves the pictures' results alone") {
  const temporary_folder folder;
  const auto mute = make_clip(folder, "mute.mp4", moving, 1);
  const auto broken = folder.path("broken.avi");
  ffmpeg({"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2", "-f", "lavfi", "-i", "sine=d=2", "-c:v",
          "mpeg4", "-c:a", "mp2", broken});
  auto bytes = read_file(broken);
  for (auto at = bytes.find("01wb"); at < bytes.find("idx1"); at = bytes.find("01wb", at + 4))
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 8, 32, '\0');
  folder.write("broken.avi", bytes);
  const auto end = run_program(folder, analyze(folder, {"-a", "camera_analysis,audio_levels", mute, broken}));
  INFO(end.err);
  const auto without = timeline_at(folder.path("results/mute.timeline.json"));
  CHECK(report_of(without, "audio_levels").at("status") == "done");
  CHECK(without.at("events").back().at("kind") == "no_sound");
  const auto damaged = timeline_at(folder.path("results/broken.timeline.json"));
  CHECK(report_of(damaged, "camera_analysis").at("status") == "done");
  CHECK(report_of(damaged, "audio_levels").at("status") == "failed");
  CHECK(has(report_of(damaged, "audio_levels").at("reason"), "stream 1"));
  CHECK(damaged.at("media").at("frames") == 50);
}

TEST_CASE("videos of one name get results of different names") {
  const temporary_folder folder;
  fs::create_directory(folder.path("a"));
  fs::create_directory(folder.path("b"));
  const auto first = make_clip(folder, "a/clip.mp4", moving, 0.4);
  const auto second = make_clip(folder, "b/clip.mp4", moving, 0.8);
  const auto third = make_clip(folder, "b/clip.mkv", moving, 0.4);
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", first, second, third}));
  CHECK(end.status == 0);
  const auto names = folder.names_in("results");
  REQUIRE(names.size() == 3);
  std::vector<std::string> paths;
  for (const auto& name : names)
    paths.push_back(timeline_at(folder.path("results/" + name)).at("media").at("path"));
  std::sort(paths.begin(), paths.end());
  CHECK(paths == words{first, third, second});
}

TEST_CASE("a result that exists is kept, unless it may be replaced") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  fs::create_directory(folder.path("results"));
  const auto result = folder.write("results/clip.timeline.json", "precious");
  const auto refused = run_program(folder, analyze(folder, {"-a", "cut_analysis", video}));
  CHECK(refused.status == 2);
  CHECK(has(refused.err, result + " exists; replace it with --overwrite"));
  CHECK(read_file(result) == "precious");
  CHECK(folder.names_in("results").size() == 1);
  CHECK(run_program(folder, analyze(folder, {"-a", "cut_analysis", "--overwrite", video})).status == 0);
  CHECK(timeline_at(result).at("media").at("frames") == 10);
  CHECK(folder.names_in("results").size() == 1);
}

TEST_CASE("a reader never sees half of a result that is replaced") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  const auto call = analyze(folder, {"-a", "cut_analysis", "--overwrite", video});
  REQUIRE(run_program(folder, call).status == 0);
  std::atomic<bool> over = false;
  std::atomic<int> reads = 0, broken = 0;
  std::thread reader{[&] {
    while (!over) {
      ++reads;
      if (!json::accept(read_file(folder.path("results/clip.timeline.json"))))
        ++broken;
    }
  }};
  for (int i = 0; i < 5; ++i)
    CHECK(run_program(folder, call).status == 0);
  over = true;
  reader.join();
  CHECK(reads > 100);
  CHECK(broken == 0);
}

TEST_CASE("an output folder that cannot be written is wrong use") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  const auto file = folder.write("occupied", "a file");
  for (const auto& out : {file, file + "/below", std::string{"/proc/results"}}) {
    const auto end = run_program(folder, {"analyze-video", "-a", "cut_analysis", "--out", out, video});
    INFO(out);
    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(has(end.err, "the output folder " + out));
  }
}

TEST_CASE("a result that cannot be written whole leaves nothing") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  // A limit on the size of files stands in for a full disk; the signal that comes with it is ignored by children too.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{512, before.rlim_max};
  ::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", "--quiet", video}));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  CHECK(end.status == 4);
  CHECK(has(end.err, "cannot write " + folder.path("results/clip.timeline.json")));
  CHECK(folder.names_in("results").empty());
}

TEST_CASE("wrong use ends with 2 and a sentence") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  const auto config = folder.write("c.yaml", "media:\n  workers: 1\n  stall: 2\n");
  struct one {
    words arguments;
    std::string sentence;
  };
  for (const auto& [arguments, sentence] : {
           one{{"-a", "cut_analysys", video}, "there is no analyzer \"cut_analysys\"; there are: cut_analysis"},
           one{{"--fast", video}, "--fast"},
           one{{"-a", "cut_analysis", folder.path("missing.mp4")}, folder.path("missing.mp4")},
           one{{"-a", "cut_analysis", "https://example.com/film.mp4"}, "https://example.com/film.mp4"},
           one{{"-c", config, video}, config + ":3: "},
           one{{"-c", folder.path("missing.yaml"), video}, folder.path("missing.yaml")},
           one{{}, "no video was named"},
       }) {
    const auto end = run_program(folder, analyze(folder, arguments));
    INFO(end.err);
    CHECK(end.status == 2);
    CHECK(has(end.err + end.out, sentence));
    CHECK(folder.names_in("results").empty());
  }
}

TEST_CASE("a file that is no video fails with its name") {
  const temporary_folder folder;
  const auto text = folder.write("text.mp4", "this is no video, only text\n");
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", text}));
  CHECK(end.status == 4);
  CHECK(has(end.err, "text.mp4"));
  CHECK(folder.names_in("results").empty());
}

TEST_CASE("a truncated file gives partial results and says what is missing") {
  const temporary_folder folder;
  const auto whole = folder.path("whole.mkv");
  ffmpeg({"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "4", "-c:v", "libx264", "-g", "25", whole});
  const auto bytes = read_file(whole);
  // Damage inside, and an end that is missing.
  auto damaged = bytes.substr(0, bytes.size() * 3 / 4);
  for (std::size_t i = bytes.size() / 3; i < bytes.size() / 3 + 4000; ++i)
    damaged[i] = static_cast<char>(i * 37);
  const auto video = folder.write("damaged.mkv", damaged);
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", video}));
  INFO(end.err);
  CHECK(end.status == 3);
  const auto report = report_of(timeline_at(folder.path("results/damaged.timeline.json")), "cut_analysis");
  CHECK(report.at("status") == "partial");
  CHECK(has(report.at("reason"), "in decoding"));
}

TEST_CASE("a missing language skips the analyzer, which matters only when it was named") {
  const temporary_folder folder;
  const auto config = folder.write("c.yaml", "analyzers: {text_overlay: {languages: [xyz]}}\n");
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  const auto named = run_program(folder, analyze(folder, {"-c", config, "-a", "cut_analysis,text_overlay", video}));
  CHECK(named.status == 3);
  const auto report = report_of(timeline_at(folder.path("results/clip.timeline.json")), "text_overlay");
  CHECK(report.at("status") == "skipped");
  CHECK(has(report.at("reason"), "xyz"));
  CHECK(run_program(folder, analyze(folder, {"-c", config, "--overwrite", video})).status == 0);
  // Others look at the same pictures in the same process, and lose nothing by it.
  CHECK(timeline_at(folder.path("results/clip.timeline.json")).at("provenance").at("attempts") == 1);
}

TEST_CASE("the exit status of several videos is that of all of them") {
  const temporary_folder folder;
  const auto good = make_clip(folder, "good.mp4", moving, 0.4);
  const auto bad = folder.write("bad.mp4", "this is no video, only text\n");
  const auto missing = folder.path("missing.mp4");
  const auto status_of = [&](const words& videos) {
    auto all = analyze(folder, {"-a", "cut_analysis", "--overwrite"});
    all.insert(all.end(), videos.begin(), videos.end());
    return run_program(folder, all).status;
  };
  CHECK(status_of({good}) == 0);
  CHECK(status_of({good, bad}) == 3);
  CHECK(status_of({missing, good}) == 3);
  CHECK(status_of({bad, missing}) == 4);
  CHECK(status_of({missing}) == 2);
}

TEST_CASE("progress for programs is one JSON object a line, the results included") {
  const temporary_folder folder;
  const auto good = make_clip(folder, "good.mp4", moving, 0.4);
  const auto bad = folder.write("bad.mp4", "this is no video, only text\n");
  const auto missing = folder.path("missing.mp4");
  const auto end =
      run_program(folder, analyze(folder, {"-a", "cut_analysis", "--progress", "json", good, bad, missing}));
  CHECK(end.status == 3);
  std::map<std::string, json> results;
  int progress = 0;
  std::istringstream lines{end.out};
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    const auto object = json::parse(line, nullptr, false);
    REQUIRE(object.is_object());
    if (object.at("type") == "result")
      results[object.at("video")] = object;
    else
      progress += object.at("type") == "progress" ? 1 : 0;
  }
  CHECK(progress >= 1);
  REQUIRE(results.size() == 3);
  CHECK(results[good].at("files") == json{folder.path("results/good.timeline.json")});
  CHECK(results[good].at("analyzers").at(0).at("status") == "done");
  CHECK(results[bad].contains("error"));
  CHECK(results[missing].at("error").at("code") == "not_found");
}

TEST_CASE("quiet says nothing when all went well, and piped output has no escape codes") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  const auto quiet = run_program(folder, analyze(folder, {"--quiet", "-a", "cut_analysis", video}));
  CHECK(quiet.status == 0);
  CHECK(quiet.out.empty());
  CHECK(quiet.err.empty());
  const auto spoken = run_program(folder, analyze(folder, {"--overwrite", "-a", "cut_analysis", video}));
  CHECK(spoken.status == 0);
  CHECK(has(spoken.out, "cut_analysis"));
  CHECK_FALSE(has(spoken.out + spoken.err, "\033"));
}

TEST_CASE("quiet says which analyzers are missing, and why") {
  const temporary_folder folder;
  const auto video = make_clip(folder, "clip.mp4", moving, 0.4);
  const auto end = run_program(folder, analyze(folder, {"--quiet", "-a", "cut_analysis,body_pose", video}));
  CHECK(end.status == 3);
  CHECK(end.out.empty());
  CHECK(has(end.err, "clip.mp4: body_pose skipped: it needs a model"));
  CHECK_FALSE(has(end.err, "cut_analysis"));
}

TEST_CASE("a file name of any bytes works and cannot steer the terminal") {
  const temporary_folder folder;
  const auto plain = make_clip(folder, "plain.mp4", moving, 0.4);
  const std::string hostile = "a\nb\033[2J\x07\xC2\x9B"
                              "31m\xFF\xE9.mp4";
  fs::copy_file(plain, folder.path(hostile));
  const auto bad = folder.write("bad\033]0;title\x07\n.mp4", "this is no video, only text\n");
  for (const words& more : {words{}, words{"--progress", "json"}}) {
    auto all = analyze(
        folder, {"-a", "cut_analysis", "--overwrite", folder.path(hostile), bad, folder.path("missing\033[31m.mp4")});
    all.insert(all.end(), more.begin(), more.end());
    const auto end = run_program(folder, all);
    CHECK(end.status == 3);
    CHECK(is_harmless(end.out));
    CHECK(is_harmless(end.err));
  }
  REQUIRE(folder.names_in("results").size() == 1);
  const auto made = timeline_at(folder.path("results/" + folder.names_in("results")[0]));
  CHECK(timeloom::schema_complaints(made).empty());
  CHECK(made.at("media").at("frames") == 10);
}

TEST_CASE("the log and the complaint about two names of one file cannot be steered either") {
  const temporary_folder folder;
  const auto plain = make_clip(folder, "plain.mp4", moving, 0.4);
  const auto hostile = folder.path("again\033[2J\n.mp4");
  fs::create_symlink(plain, hostile);
  const auto end = run_program(folder, analyze(folder, {"-a", "cut_analysis", plain, hostile}));
  CHECK(end.status == 0);
  CHECK(has(end.err, "is named twice"));
  CHECK(is_harmless(end.err));
  const auto bad = run_program(folder, analyze(folder, {"-a", "x\033[2Jy", plain}));
  CHECK(bad.status == 2);
  CHECK(is_harmless(bad.err));
}
