/// scene_caption with real processes and the tiny InternVL3 of the fixtures: what it says is nonsense, but the same
/// each time.
#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"
#include "tests/system/support.hpp"
#include "tests/timeline/schema.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>

namespace timeloom::tests {

namespace {

using words = std::vector<std::string>;

/// A folder with a manifest of the tiny model and the configuration that names it.
struct caption_folder : temporary_folder {
  explicit caption_folder(const std::string& model = TIMELOOM_SOURCE_DIR "/tests/fixtures/internvl3/hf") {
    write("models.yaml", "models:\n  - id: tiny\n    kind: internvl3\n    path: " + model + "\n");
    write("config.yaml", "models: {device: cpu, manifest: " + path("models.yaml") + "}\n");
  }

  words caption(const std::string& video, const words& more = {}) const {
    words all{"analyze-video",     "--out", path("results"), "--format",         "json", "--config",
              path("config.yaml"), "-a",    "scene_caption", "--max-new-tokens", "12",   video};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// Three pictures that have nothing in common, two seconds each, with black between them.
  std::string make_scenes(const std::string& name) const {
    auto file = path(name);
    ffmpeg({"-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x96:rate=25:duration=2",
            "-f",
            "lavfi",
            "-i",
            "color=red:size=160x96:rate=25:duration=2,drawbox=x=20:y=20:w=60:h=40:color=yellow:t=fill",
            "-f",
            "lavfi",
            "-i",
            "mandelbrot=size=160x96:rate=25",
            "-filter_complex",
            "[0]fade=out:38:12[a];[1]fade=in:0:12,fade=out:38:12[b];[2]trim=duration=2,fade=in:0:12[c];"
            "[a][b][c]concat=n=3",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            file});
    return file;
  }
};

std::vector<nlohmann::json> captions_of(const nlohmann::json& made) {
  std::vector<nlohmann::json> found;
  for (const auto& event : made.at("events"))
    if (event.at("analyzer") == "scene_caption")
      found.push_back(event);
  return found;
}

} // namespace

TEST_CASE("each scene gets a caption of its frames, and the same one every time") {
  const caption_folder folder;
  const auto video = folder.make_scenes("film.mp4");
  const auto end = run_program(folder, folder.caption(video));
  INFO(end.err);
  REQUIRE(end.status == 0);
  const auto made = timeline_at(folder.path("results/film.timeline.json"));
  CHECK(schema_complaints(made).empty());
  const auto& scenes = made.at("scenes");
  const auto captions = captions_of(made);
  CHECK(scenes.size() >= 2);
  REQUIRE(captions.size() == scenes.size());
  for (std::size_t i = 0; i < captions.size(); ++i) {
    CHECK(captions[i].at("kind") == "caption");
    CHECK(captions[i].at("start_frame") == scenes[i].at("first_frame"));
    CHECK(captions[i].at("end_frame") == scenes[i].at("last_frame"));
    CHECK(captions[i].at("attributes").at("scene") == scenes[i].at("number"));
    CHECK(captions[i].at("attributes").at("tokens") <= 12);
    CHECK(captions[i].at("text").is_string());
  }
  const auto report = report_of(made, "scene_caption");
  CHECK(report.at("status") == "done");
  CHECK(report.at("device") == "cpu");
  CHECK(has(report.at("backend"), "tiny (internvl3, libtorch "));
  CHECK(report_of(made, "scene_segmentation").at("status") == "done"); // though nobody asked for it

  // Again, beside the same under another name, which is asked something else.
  fs::copy_file(video, folder.path("lecture.mp4"));
  folder.write("config.yaml",
               "models: {device: cpu, manifest: " + folder.path("models.yaml") +
                   "}\nlog: {level: info}\nanalyzers: {scene_caption: {prompts: [{match: 'Lecture*', prompt: "
                   "'Which words are on the slide?'}]}}\n");
  const auto again =
      run_program(folder, folder.caption(video, {folder.path("lecture.mp4"), "--batch-size", "3", "--overwrite"}));
  REQUIRE(again.status == 0);
  CHECK(has(again.err, " tokens/s, in a batch of "));
  CHECK(captions_of(timeline_at(folder.path("results/film.timeline.json"))) == captions);
  const auto asked = captions_of(timeline_at(folder.path("results/lecture.timeline.json")));
  REQUIRE(asked.size() == captions.size());
  CHECK(asked[0].at("attributes").at("prompt_tokens") != captions[0].at("attributes").at("prompt_tokens"));

  const auto each = run_program(folder, folder.caption(video, {"--caption", "frame", "--overwrite"}));
  REQUIRE(each.status == 0);
  const auto moments = captions_of(timeline_at(folder.path("results/film.timeline.json")));
  CHECK(moments.size() > scenes.size());
  CHECK(moments.front().at("frame") == scenes.at(0).at("first_frame"));
}

TEST_CASE("without the model, captions are skipped with what to do, and the rest is done") {
  const caption_folder folder{"/nowhere/InternVL3"};
  const auto video = folder.make_scenes("film.mp4");
  auto arguments = folder.caption(video);
  const auto end = run_program(folder, folder.caption(video, {"-a", "cut_analysis"}));
  INFO(end.err);
  CHECK(end.status == 3); // it was named
  const auto made = timeline_at(folder.path("results/film.timeline.json"));
  CHECK(report_of(made, "scene_caption").at("status") == "skipped");
  CHECK(has(report_of(made, "scene_caption").at("reason"), "model folder not found: /nowhere/InternVL3"));
  CHECK(report_of(made, "cut_analysis").at("status") == "done");
  const auto checked = run_program(folder, {"models", "check", "--config", folder.path("config.yaml")});
  CHECK(checked.status == 3);
  CHECK(has(checked.out, "tiny: model folder not found: /nowhere/InternVL3"));
}

TEST_CASE("a checkpoint that cannot be read fails captions with the reason, and nothing else") {
  const temporary_folder broken;
  for (const std::string name : {"config.json", "tokenizer.json", "model.safetensors"})
    fs::copy(std::string{TIMELOOM_SOURCE_DIR "/tests/fixtures/internvl3/hf/"} + name, broken.path(name));
  fs::resize_file(broken.path("model.safetensors"), 1000);
  const caption_folder folder{broken.path()};
  const auto end = run_program(folder, folder.caption(folder.make_scenes("film.mp4")));
  CHECK(end.status == 3);
  const auto made = timeline_at(folder.path("results/film.timeline.json"));
  CHECK(report_of(made, "scene_caption").at("status") == "failed");
  CHECK(has(report_of(made, "scene_caption").at("reason"), "model.safetensors"));
  CHECK(report_of(made, "scene_segmentation").at("status") == "done");
}

TEST_CASE("a worker that dies over captions costs nothing but time") {
  for (const std::string role : {"model", "media"}) {
    CAPTURE(role);
    const caption_folder folder;
    const auto video = folder.make_scenes("film.mp4");
    REQUIRE(run_program(folder, folder.caption(video)).status == 0);
    const auto undisturbed = captions_of(timeline_at(folder.path("results/film.timeline.json")));
    program_run run{folder, folder.caption(video, {"--overwrite"})};
    pid_t model = 0;
    REQUIRE(wait_until([&] { // captions have begun
      for (const pid_t pid : workers_of(run.pid(), "model"))
        if (has_frame_ring(pid))
          model = pid;
      return model != 0;
    }));
    const auto victims = workers_of(run.pid(), role);
    REQUIRE(victims.size() == 1);
    REQUIRE(::kill(victims[0], SIGKILL) == 0);
    const auto end = run.wait();
    INFO(end.err);
    REQUIRE(end.status == 0);
    const auto made = timeline_at(folder.path("results/film.timeline.json"));
    CHECK(captions_of(made) == undisturbed);
    if (role == "model") {
      CHECK(report_of(made, "scene_caption").at("attempt") == 2);
      CHECK(report_of(made, "scene_segmentation").at("attempt") == 1);
    }
  }
}

TEST_CASE(
    "describe says of each image of a folder what is seen, names the bad one, and says the same of a file alone") {
  const caption_folder folder;
  fs::create_directories(folder.path("photos"));
  ffmpeg({"-f", "lavfi", "-i", "mandelbrot=size=120x80:rate=1", "-frames:v", "4", folder.path("photos/img%d.png")});
  fs::rename(folder.path("photos/img4.png"), folder.path("photos/img10.png"));
  folder.write("photos/img3.png", "no picture");
  const words more{"--config", folder.path("config.yaml"), "--max-new-tokens", "8", "--json"};
  const auto describe = [&](words arguments) {
    arguments.insert(arguments.begin(), "describe");
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(folder, arguments);
  };
  const auto all = describe({folder.path("photos")});
  INFO(all.out << all.err);
  CHECK(all.status == 3);
  std::vector<nlohmann::json> lines;
  std::istringstream text{all.out};
  for (std::string line; std::getline(text, line);)
    lines.push_back(nlohmann::json::parse(line));
  REQUIRE(lines.size() == 4);
  for (const std::size_t good : {0, 1, 3}) {
    CHECK(lines[good].at("tokens") <= 8);
    CHECK(lines[good].at("text").is_string());
  }
  CHECK(lines[2].at("image") == folder.path("photos/img3.png"));
  CHECK(has(lines[2].at("error"), "img3.png"));
  CHECK(lines[3].at("image") == folder.path("photos/img10.png"));

  const auto alone = describe({folder.path("photos/img10.png")});
  CHECK(alone.status == 0);
  CHECK(nlohmann::json::parse(alone.out).at("text") == lines[3].at("text"));
  const auto bad = describe({folder.path("photos/img3.png")});
  CHECK(bad.status == 4);
  CHECK(nlohmann::json::parse(bad.out).contains("error"));
  CHECK(describe({folder.path("nothing.png")}).status == 4);
}

TEST_CASE("captions keep to the share of a GPU and the batch that they may take, and say when that is too little") {
  const caption_folder folder;
  fs::create_symlink(TIMELOOM_FAKE_NVML, folder.path("libnvidia-ml.so.1"));
  const char* path = std::getenv("LD_LIBRARY_PATH");
  const set_variable library{"LD_LIBRARY_PATH", path != nullptr ? folder.path() + ":" + path : folder.path()};
  const set_variable host{"FAKE_NVML", "GPU-a,NVIDIA T4,40960,40960,0,-"};
  const set_variable list{"CUDA_VISIBLE_DEVICES", std::nullopt};
  folder.write("config.yaml", "models: {manifest: " + folder.path("models.yaml") + "}\n");
  const auto plan = [&](words more) {
    more.insert(more.begin(), {"plan", "--config", folder.path("config.yaml"), "-a", "scene_caption"});
    return run_program(folder, more);
  };
  CHECK(has(plan({}).out, "scene_caption     24  6.6 GiB"));
  CHECK(has(plan({"--max-batch-size", "8"}).out, "scene_caption      8  3.6 GiB"));
  CHECK(has(plan({"--batch-size", "30", "--max-batch-size", "8"}).out, "scene_caption     30  7.8 GiB"));
  CHECK(has(plan({"--gpu-memory-fraction", "0.1"}).out, "scene_caption     24  4.0 GiB"));
  const auto refused = plan({"--gpu-memory-fraction", "0.05"});
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "gpu_memory_fraction 0.05 of GPU 0 (NVIDIA T4) is 2.0 GiB, but scene_caption needs 2.3 GiB"));
}

TEST_CASE("without a model describe says what is missing") {
  const caption_folder folder{"/nowhere/InternVL3"};
  const auto end = run_program(folder, {"describe", TIMELOOM_PROGRAM, "--config", folder.path("config.yaml")});
  CHECK(end.status == 4);
  CHECK(has(end.err, "model folder not found: /nowhere/InternVL3"));
}

TEST_CASE("an interrupt over captions leaves no result and no worker") {
  const caption_folder folder;
  const auto video = folder.make_scenes("film.mp4");
  program_run run{folder, folder.caption(video)};
  std::vector<pid_t> workers;
  REQUIRE(wait_until([&] {
    workers = workers_of(run.pid(), "model");
    return !workers.empty() && has_frame_ring(workers[0]);
  }));
  run.kill(SIGINT);
  CHECK(run.wait().status == 130);
  CHECK(folder.names_in("results").empty());
  CHECK(wait_until([&] { return !is_alive(workers[0]); }));
}

} // namespace timeloom::tests
