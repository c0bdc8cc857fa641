#include "app/daemon_plan.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

using namespace timeloom;

namespace {

configuration with_manifest(const tests::temporary_folder& folder, const std::string& text) {
  configuration settings;
  settings.models.manifest = folder.file("models.yaml", text);
  return settings;
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
