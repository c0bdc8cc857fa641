#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"
#include "tests/system/support.hpp"

#include <csignal>
#include <fstream>

namespace timeloom::tests {

namespace {

/// A folder with a detector of bright places, its manifest, and the configuration that names it.
struct model_folder : temporary_folder {
  model_folder() {
    run_tool({TIMELOOM_MAKE_TOY_MODEL, path("bright.pt"), "64"});
    std::ofstream{path("models.yaml")} << "models:\n"
                                          "  - id: bright\n"
                                          "    analyzer: object_detection\n"
                                          "    path: bright.pt\n"
                                          "    kind: torchscript\n"
                                          "    adapter: yolov8_detect\n"
                                          "    input: {width: 64, height: 64}\n"
                                          "    labels: [light]\n";
    std::ofstream{path("config.yaml")} << "models: {device: cpu, manifest: " << path("models.yaml") << "}\n";
  }

  std::vector<std::string> analyze_objects(const std::vector<std::string>& videos) const {
    std::vector<std::string> words{"analyze-video",     "--out", path("results"),
                                   "--format",          "json",  "--config",
                                   path("config.yaml"), "-a",    "object_detection,cut_analysis"};
    words.insert(words.end(), videos.begin(), videos.end());
    return words;
  }

  /// A black picture of `seconds` with a white square in its upper left quarter's first cell.
  std::string make_video(const std::string& name, double seconds) const {
    auto file = path(name);
    ffmpeg({"-f", "lavfi", "-i",
            "color=black:size=128x128:rate=25:duration=" + std::to_string(seconds) +
                ",drawbox=x=0:y=0:w=32:h=32:color=white:t=fill",
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", file});
    return file;
  }
};

void check_light(const nlohmann::json& made, double seconds) {
  const auto report = report_of(made, "object_detection");
  CHECK(report.at("status") == "done");
  CHECK(report.at("device") == "cpu");
  CHECK(report.at("frames") == static_cast<int>(seconds * 3));
  int objects = 0;
  for (const auto& event : made.at("events"))
    if (event.at("analyzer") == "object_detection") {
      ++objects;
      CHECK(event.at("label") == "light");
      CHECK(event.at("start_frame") == 0);
      CHECK(event.at("box").at("width").get<double>() == Approx(0.25).margin(0.01));
      CHECK(event.at("attributes").at("sightings") == static_cast<int>(seconds * 3));
    }
  CHECK(objects == 1);
}

/// The object of the last line of what the program printed with --progress json --stats.
nlohmann::json printed_stats(const std::string& out) {
  const auto end = out.find_last_not_of('\n');
  return nlohmann::json::parse(out.substr(out.rfind('\n', end) + 1));
}

/// The one of `list` with this name and label.
nlohmann::json metric_of(const nlohmann::json& list, const std::string& name, const std::string& label = {}) {
  for (const auto& one : list)
    if (one.at("name") == "timeloom_" + name && one.at("label") == label)
      return one;
  FAIL("no metric " << name << " of \"" << label << "\"");
  return {};
}

} // namespace

TEST_CASE("a model's finds come into the timelines of several videos at once") {
  const model_folder folder;
  const auto one = folder.make_video("one.mp4", 4), two = folder.make_video("two.mp4", 6);
  const auto end = run_program(folder, folder.analyze_objects({one, two}));
  INFO(end.err);
  REQUIRE(end.status == 0);
  check_light(timeline_at(folder.path("results/one.timeline.json")), 4);
  check_light(timeline_at(folder.path("results/two.timeline.json")), 6);
}

TEST_CASE("a model that is not there is said, with its path, and the rest is done") {
  const model_folder folder;
  const auto video = folder.make_video("one.mp4", 1);
  fs::remove(folder.path("bright.pt"));
  const auto end = run_program(folder, folder.analyze_objects({video}));
  CHECK(end.status == 3); // it was named
  const auto made = timeline_at(folder.path("results/one.timeline.json"));
  CHECK(report_of(made, "object_detection").at("status") == "skipped");
  CHECK(has(report_of(made, "object_detection").at("reason"), folder.path("bright.pt")));
  CHECK(report_of(made, "cut_analysis").at("status") == "done");
}

TEST_CASE("a model that libtorch cannot read fails its analyzer, with the reason") {
  const model_folder folder;
  const auto video = folder.make_video("one.mp4", 1);
  std::ofstream{folder.path("bright.pt")} << "no model";
  const auto end = run_program(folder, folder.analyze_objects({video}));
  CHECK(end.status == 3);
  const auto made = timeline_at(folder.path("results/one.timeline.json"));
  CHECK(report_of(made, "object_detection").at("status") == "failed");
  CHECK(has(report_of(made, "object_detection").at("reason"), "is no TorchScript file"));
  CHECK(report_of(made, "cut_analysis").at("status") == "done");
}

TEST_CASE("a model worker counts its pictures and batches, what its model did, and its memory") {
  const model_folder folder;
  const auto one = folder.make_video("one.mp4", 4), two = folder.make_video("two.mp4", 6);
  const auto end = run_program(folder, folder.analyze_objects({one, two, "--stats", "--progress", "json"}));
  INFO(end.out << end.err);
  REQUIRE(end.status == 0);
  const auto stats = printed_stats(end.out);
  CHECK(stats.at("type") == "stats");
  const auto worker = stats.at("workers").at(0);
  CHECK(worker.at("worker") == "model worker on the cpu");
  const auto of_detector = [&](const std::string& name) {
    return metric_of(worker.at("summaries"), name, "object_detection");
  };
  const auto batches = of_detector("batch_pictures");
  CHECK(batches.at("sum") == 30); // 10 s at 3 Hz
  CHECK(batches.at("p99") <= 4);  // the largest batch on a cpu
  CHECK(of_detector("picture_wait_seconds").at("count") == 30);
  const auto compute = of_detector("batch_compute_seconds");
  CHECK(compute.at("count") == batches.at("count"));
  CHECK(compute.at("p50") > 0);
  CHECK(compute.at("p50") <= compute.at("p99"));
  CHECK(of_detector("batch_upload_seconds").at("count") == 0); // there is nothing to go up to
  const auto value = [&](const std::string& name, const std::string& label = {}) {
    return metric_of(worker.at("values"), name, label).at("value").get<double>();
  };
  CHECK(value("worker_losses_total") == 0);
  CHECK(value("model_cache_loads_total") == 1);
  CHECK(value("model_cache_loads_bytes_total") == value("model_cache_charged_bytes", "weights"));
  CHECK(value("model_cache_charged_bytes", "weights") > 0);
  CHECK(value("model_cache_charged_bytes", "weights") < value("model_cache_budget_bytes"));
  CHECK(value("model_cache_misses_total") >= 1); // and another one if both videos began while it came
  CHECK(value("model_cache_hits_total") + value("model_cache_misses_total") ==
        batches.at("count").get<double>() + 2); // a lease for each batch, and one for each video before
  CHECK(value("model_cache_evictions_total") == 0);
  const auto& values = worker.at("values");
  const auto there = std::find_if(values.begin(), values.end(),
                                  [](const auto& each) { return each.at("name") == "timeloom_model_on_device_bytes"; });
  REQUIRE(there != values.end());
  CHECK(there->at("value") == value("model_cache_charged_bytes", "weights"));
}

TEST_CASE("a plan knows what an earlier run measured of the models") {
  const model_folder folder;
  const auto video = folder.make_video("one.mp4", 2);
  const set_variable cache{"XDG_CACHE_HOME", folder.path("cache")};
  const std::vector<std::string> plan{"plan", "--config", folder.path("config.yaml"), "-a", "object_detection"};
  const auto guessed = run_program(folder, plan);
  CHECK(has(guessed.out, "  4  3.8 MiB ")); // of a batch of 4: 96 MiB / 100 for each picture of 64x64
  REQUIRE(run_program(folder, folder.analyze_objects({video})).status == 0);
  std::ifstream file{folder.path("cache/timeloom/measured_models.json")};
  const auto kept = nlohmann::json::parse(file).at("models");
  REQUIRE(kept.size() == 1);
  for (const auto& [model, measured] : kept.items()) {
    CHECK(has(model, folder.path("bright.pt")));
    CHECK(measured.at("weight_bytes") > 0);
    CHECK(measured.at("workspace_bytes") > 0);
    CHECK(measured.at("seconds") > 0);
  }
  CHECK(run_program(folder, plan).out != guessed.out);
  folder.write("cache/timeloom/measured_models.json", "nonsense");
  const auto again = run_program(folder, plan);
  CHECK(again.status == 0);
  CHECK(again.out == guessed.out);
  CHECK(has(again.err, "measured_models.json is no file of measurements"));
}

TEST_CASE("the statistics show how busy the GPUs were, those without a model too") {
  const model_folder folder;
  const auto video = folder.make_video("one.mp4", 1);
  fs::create_symlink(TIMELOOM_FAKE_NVML, folder.path("libnvidia-ml.so.1"));
  const char* path = std::getenv("LD_LIBRARY_PATH");
  const set_variable library{"LD_LIBRARY_PATH", path != nullptr ? folder.path() + ":" + path : folder.path()};
  const set_variable host{"FAKE_NVML", "GPU-a,NVIDIA T4,2048,1024,0,-"}; // on which no model fits
  const set_variable list{"CUDA_VISIBLE_DEVICES", std::nullopt};
  folder.write("config.yaml", "models: {manifest: " + folder.path("models.yaml") + "}\n");
  const auto end = run_program(folder, folder.analyze_objects({video, "--stats"}));
  INFO(end.out << end.err);
  REQUIRE(end.status == 0);
  CHECK(has(end.out, "model worker on the cpu\n  object_detection  "));
  CHECK(has(end.out, "\nGPU 0 (NVIDIA T4)                     10      10      33      33     1.0     1.0\n"));
}

TEST_CASE("a model worker that is killed or stopped is replaced, and every video is done once") {
  for (const int signal : {SIGKILL, SIGSTOP}) {
    const model_folder folder;
    const auto one = folder.make_video("one.mp4", 40), two = folder.make_video("two.mp4", 40);
    program_run run{folder, folder.analyze_objects({one, two, "--stats"})};
    CAPTURE(signal);
    pid_t struck = 0;
    REQUIRE(wait_until([&] {
      for (const pid_t pid : workers_of(run.pid(), "model"))
        if (has_frame_ring(pid))
          struck = pid;
      return struck != 0;
    }));
    const auto when = std::chrono::steady_clock::now();
    REQUIRE(::kill(struck, signal) == 0);
    CHECK(wait_until([&] { return !is_alive(struck); }));
    CHECK(std::chrono::steady_clock::now() - when < std::chrono::seconds{6}); // 4 s without a sign of life, and a check
    const auto end = run.wait();
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(has(end.out, "model worker on the cpu\n  workers lost before, with what they had counted: 1\n"));
    check_light(timeline_at(folder.path("results/one.timeline.json")), 40);
    check_light(timeline_at(folder.path("results/two.timeline.json")), 40);
  }
}

} // namespace timeloom::tests
