#include "app/daemon_plan.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <chrono>
#include <filesystem>
#include <set>

using namespace timeloom;

namespace {

configuration with_manifest(const tests::temporary_folder& folder, const std::string& text) {
  configuration settings;
  settings.models.manifest = folder.file("models.yaml", text);
  return settings;
}

using ids = std::set<std::string>;

/// The analyzers whose keys differ.
ids differing(const daemon_setup& a, const daemon_setup& b) {
  ids found;
  for (const auto& [id, key] : a.analyzer_keys)
    if (b.analyzer_keys.at(id) != key)
      found.insert(id);
  return found;
}

daemon_setup planned(const configuration& settings, const model_plan& models = {},
                     const library_versions& libraries = {}) {
  return plan_daemon(settings, models, 1, libraries);
}

} // namespace

TEST_CASE("configurations that analyze alike have one digest, whatever else they say") {
  const tests::temporary_folder folder;
  const auto some = with_manifest(folder, "models: []\n");
  const auto digest = analysis_digest(some);
  CHECK(digest.size() == 64);

  auto alike = some;
  alike.output.dir = "/elsewhere";
  alike.media.workers = 7;
  alike.daemon.max_attempts = 9;
  alike.http.port = 1;
  alike.analyzers.enabled = std::vector<std::string>{};
  for (const auto* id :
       {"cut_analysis", "scene_segmentation", "color_analysis", "camera_analysis", "audio_levels", "text_overlay",
        "eye_tracking", "object_detection", "body_pose", "background_segmentation", "scene_caption"})
    alike.analyzers.enabled->emplace_back(id); // all of them, by name
  CHECK(analysis_digest(alike) == digest);
}

TEST_CASE("an analyzer, an option, a device or a model that differs makes another digest") {
  const tests::temporary_folder folder;
  const auto some = with_manifest(folder, "models: []\n");
  const auto digest = analysis_digest(some);
  auto fewer = some;
  fewer.analyzers.enabled = std::vector<std::string>{"cut_analysis"};
  CHECK(analysis_digest(fewer) != digest);
  auto faster = some;
  faster.analyzers.object_detection.rate_hz = 4;
  CHECK(analysis_digest(faster) != digest);
  auto on_cpu = some;
  on_cpu.models.device = model_device::cpu;
  CHECK(analysis_digest(on_cpu) != digest);
  auto smaller = some;
  smaller.media.max_pixels = 1000;
  CHECK(analysis_digest(smaller) != digest);
  CHECK(analysis_digest(with_manifest(folder, "models: []  # other\n")) != digest);
}

TEST_CASE("an option changes the keys of its own analyzer only, and other sections change none") {
  const configuration some;
  auto other = some;
  other.analyzers.color_analysis.rate_hz = 5;
  CHECK(differing(planned(some), planned(other)) == ids{"color_analysis"});
  other.analyzers.text_overlay.min_confidence = 10;
  CHECK(differing(planned(some), planned(other)) == ids{"color_analysis", "text_overlay"});
  auto alike = some;
  alike.output.dir = "/elsewhere";
  alike.media.workers = 3;
  alike.analyzers.enabled = std::vector<std::string>{"cut_analysis"};
  CHECK(differing(planned(some), planned(alike)).empty());
  auto smaller = some;
  smaller.media.max_pixels = 1000;
  CHECK(differing(planned(some), planned(smaller)).size() == planned(some).analyzer_keys.size());
}

TEST_CASE("how many captions are computed at once changes neither keys nor digest, and their precision does") {
  const configuration some;
  auto other = some;
  other.models.captions = {4, 8, 0.5, model_dtype::automatic};
  CHECK(differing(planned(some), planned(other)).empty());
  CHECK(analysis_digest(some) == analysis_digest(other));
  other.models.captions.precision = model_dtype::float16;
  CHECK(differing(planned(some), planned(other)) == ids{"scene_caption"});
  CHECK(analysis_digest(some) != analysis_digest(other));
}

TEST_CASE("prompts for videos of certain names are given to the daemon, and change its digest") {
  const configuration some;
  auto other = some;
  other.analyzers.caption_prompts = {{"*lecture*", "What is on the slide?"}};
  CHECK(planned(other).caption_prompts == other.analyzers.caption_prompts);
  CHECK(differing(planned(some), planned(other)).empty()); // each video's own counts
  CHECK(analysis_digest(some) != analysis_digest(other));
}

TEST_CASE("a video runs for each media worker, and two where GPUs run models, unless it is told") {
  configuration settings;
  model_plan models;
  models.workers.resize(1);
  CHECK(planned(settings, models).limits.running_jobs == 1);
  models.workers[0].device_uuid = "GPU-0";
  CHECK(planned(settings, models).limits.running_jobs == 2);
  settings.daemon.running_jobs = 5;
  CHECK(planned(settings, models).limits.running_jobs == 5);
}

TEST_CASE("what an analyzer needs is a part of its key") {
  const auto keys = planned({}).analyzer_keys;
  const auto holds = [&](const char* id, const char* needed) { return keys.at(id).ends_with(keys.at(needed)); };
  CHECK(holds("scene_segmentation", "cut_analysis"));
  CHECK(holds("color_analysis", "scene_segmentation"));
  CHECK(holds("camera_analysis", "cut_analysis"));
  CHECK_FALSE(keys.at("audio_levels").ends_with("\n" + keys.at("cut_analysis")));
}

TEST_CASE("what decodes is a part of every key, and what an analyzer reads with of its own") {
  const library_versions old{
      {"media", "libavcodec 59"}, {"text_overlay", "tesseract 5"}, {"object_detection", "opencv 4"}};
  const auto setup = planned({}, {}, old);
  auto upgraded = old;
  upgraded["text_overlay"] = "tesseract 5, another eng";
  CHECK(differing(setup, planned({}, {}, upgraded)) == ids{"text_overlay"});
  upgraded = old;
  upgraded["media"] = "libavcodec 61";
  CHECK(differing(setup, planned({}, {}, upgraded)).size() == setup.analyzer_keys.size());
  upgraded = old;
  upgraded["object_detection"] = "opencv 5";
  CHECK(differing(setup, planned({}, {}, upgraded)) == ids{"object_detection"});
  model_plan with_model;
  with_model.keys = {{"object_detection", "a model"}};
  CHECK(differing(planned({}, with_model, old), planned({}, with_model, upgraded)).empty());
}

TEST_CASE("a model, its entry and its absence are a part of its analyzer's key only") {
  const tests::temporary_folder folder;
  model_plan with, replaced, skipped;
  with.keys = {{"object_detection", "a model"}};
  replaced.keys = {{"object_detection", "another"}};
  skipped.skipped = {{"object_detection", "no model"}};
  const auto setup = planned({}, with);
  CHECK(differing(setup, planned({}, replaced)) == ids{"object_detection"});
  CHECK(differing(setup, planned({}, skipped)) == ids{"object_detection"});
  CHECK(differing(setup, planned({}, {})) == ids{"object_detection"});
}

TEST_CASE("the key of a model changes with its entry and with each of its files") {
  const tests::temporary_folder folder;
  const auto age = [&](const std::string& name, int hours) {
    std::filesystem::last_write_time(folder.at(name), std::filesystem::file_time_type{std::chrono::hours{hours}});
  };
  std::filesystem::create_directory(folder.at("checkpoint"));
  model_entry model;
  model.id = "model";
  for (const std::string name : {"model.pt", "checkpoint/shard-2"}) {
    model.path = name == "model.pt" ? folder.at(name) : folder.at("checkpoint");
    folder.file("checkpoint/shard-1", "weights");
    folder.file(name, "weights");
    age(name, 1);
    const auto key = model_key(model);
    CHECK(model_key(model) == key);
    age(name, 2);
    CHECK(model_key(model) != key);
    folder.file(name, "longer weights");
    age(name, 1);
    CHECK(model_key(model) != key);
    folder.file(name, "weights");
    age(name, 1);
    CHECK(model_key(model) == key);
    auto stricter = model;
    stricter.thresholds.score = 0.5;
    CHECK(model_key(stricter) != key);
  }
}

TEST_CASE("a running daemon keeps the models that it started with") {
  model_plan running, wanted;
  running.keys = {{"object_detection", "old"}};
  running.without = {{"background_segmentation", "no model"}};
  wanted.keys = {{"object_detection", "new"}, {"background_segmentation", "new"}, {"body_pose", "new"}};
  auto plan = with_workers_of(running, wanted);
  CHECK(plan.keys == running.keys);
  CHECK(plan.without == running.without);
  REQUIRE(plan.skipped.size() == 1);
  CHECK(plan.skipped.at("body_pose") == "its worker starts with the daemon; restart the daemon");

  wanted = {};
  wanted.skipped = {{"body_pose", "it has no model"}};
  wanted.without = {{"object_detection", "its model is gone"}};
  plan = with_workers_of(running, wanted);
  CHECK(plan.keys == running.keys);
  CHECK(plan.skipped.at("body_pose") == "it has no model");
}
