#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "model_analyzers/scene_caption.hpp"

#include "model_analyzers/network.hpp"
#include "model_analyzers/object_detection.hpp"
#include "models/internvl3/internvl3_engine.hpp"
#include "tests/catch.hpp"
#include "tests/models/toy_networks.hpp"

#include <atomic>
#include <thread>

using namespace timeloom;

namespace {

constexpr auto folder = TIMELOOM_SOURCE_DIR "/tests/fixtures/internvl3/hf";
constexpr std::int64_t mib = std::int64_t{1} << 20;

model_entry tiny_entry() {
  model_entry entry;
  entry.id = "tiny";
  entry.path = folder;
  entry.kind = model_kind::internvl3;
  entry.adapter = model_adapter::internvl3;
  entry.analyzer = "scene_caption";
  return entry;
}

std::unique_ptr<picture_describer> describer_in(model_cache& cache) {
  auto made = make_scene_caption(cache, tiny_entry(), c10::kCPU, {256 * mib, 2});
  REQUIRE(made);
  return std::move(*made);
}

/// No two pictures or places in them are alike.
kept_picture picture(int width, int height, int seed) {
  kept_picture made{{width, height}, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3))};
  for (std::size_t i = 0; i < made.rgb.size(); ++i)
    made.rgb[i] = static_cast<std::uint8_t>((i * 37 + i / 97 * 11 + static_cast<std::size_t>(seed) * 71) % 251);
  return made;
}

picture_question question(int seed) {
  return {{picture(120, 60, seed), picture(60, 90, seed + 1)}, "What is this?", 12, 6};
}

/// What the engine says to it.
std::string engine_text(const picture_question& asked) {
  const auto engine = internvl3_engine::create({.folder = folder});
  REQUIRE(engine);
  auto tiling = (*engine)->tiling();
  tiling.most = asked.max_tiles;
  caption_request request;
  for (const auto& one : asked.pictures) {
    auto tiles =
        cut_tiles({one.rgb.data(), one.size.width, one.size.height, std::ptrdiff_t{3} * one.size.width}, tiling);
    REQUIRE(tiles);
    request.pictures.push_back(std::make_shared<const picture_tiles>(std::move(*tiles)));
  }
  request.prompt = asked.prompt;
  request.generation.max_new_tokens = asked.max_new_tokens;
  const auto answer = (*engine)->submit(std::move(request)).get();
  REQUIRE(answer);
  return answer->text;
}

} // namespace

TEST_CASE("scene_caption says what the engine says, whoever asks beside") {
  model_cache cache{{.device_budget_bytes = 512 * mib, .host_budget_bytes = 0, .seconds = {}}};
  const auto describer = describer_in(cache);
  REQUIRE(describer->prepare());
  REQUIRE(describer->prepare()); // nothing more
  CHECK(cache.statistics().loads.count == 1);
  CHECK(cache.ledger().charged_bytes() == cache.models().front().bytes);
  CHECK(cache.models().front().bytes > model_bytes(tiny_entry()));
  CHECK(describer->device() == "cpu");
  CHECK(describer->backend().rfind("tiny (internvl3, libtorch ", 0) == 0);
  std::vector<expected<picture_answer>> answers(4);
  {
    std::vector<std::jthread> askers;
    for (std::size_t i = 0; i < answers.size(); ++i)
      askers.emplace_back([&, i] { answers[i] = describer->describe(question(static_cast<int>(i)), {}); });
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    REQUIRE(answers[i]);
    CHECK(answers[i]->text == engine_text(question(static_cast<int>(i))));
    CHECK(answers[i]->tokens <= 12);
    CHECK(answers[i]->prompt_tokens > answers[i]->tokens);
  }
}

TEST_CASE("scene_caption does not take more memory than there is, and says so") {
  model_cache cache{{.device_budget_bytes = mib / 8, .host_budget_bytes = 0, .seconds = {}}};
  const auto describer = describer_in(cache);
  const auto ready = describer->prepare();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().code == errc::exhausted);
}

TEST_CASE("a question that the model cannot be asked fails alone") {
  model_cache cache{{.device_budget_bytes = 512 * mib, .host_budget_bytes = 0, .seconds = {}}};
  const auto describer = describer_in(cache);
  REQUIRE(describer->prepare());
  auto wrong = question(0);
  wrong.prompt = "<|im_end|>";
  const auto refused = describer->describe(wrong, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(describer->describe(question(0), {}));
}

namespace {

constexpr int side = 64;

/// A detector whose weights are that large.
std::unique_ptr<batch_analyzer> detector_in(model_cache& cache, std::int64_t bytes) {
  model_entry entry;
  entry.id = "detector";
  entry.path = tests::toy_path("detector.pt");
  entry.adapter = model_adapter::yolov8_detect;
  entry.analyzer = "object_detection";
  entry.input = {side, side};
  tests::write_brightness_detector(entry.path, side, bytes);
  auto model = network::create(cache, entry, picture_fit::letterbox, c10::kCPU);
  REQUIRE(model);
  return make_object_detection(std::move(*model));
}

bool sees(batch_analyzer& detector) {
  const std::vector<std::uint8_t> white(std::size_t{3} * side * side, 255);
  const auto finds = detector.look(std::vector<sampled_frame>{{{}, {side, side}, sample_format::bgr24, white}});
  return finds && !finds->at(0).objects.empty();
}

std::int64_t bytes_on_device() {
  model_cache cache{{.device_budget_bytes = 512 * mib, .host_budget_bytes = 0, .seconds = {}}};
  REQUIRE(describer_in(cache)->prepare());
  return cache.models().front().bytes;
}

} // namespace

TEST_CASE("captions are the same after another model needed the room") {
  const auto bytes = bytes_on_device();
  const auto host_bytes = GENERATE(std::int64_t{0}, 64 * mib);
  model_cache cache{{.device_budget_bytes = bytes + mib, .host_budget_bytes = host_bytes, .seconds = {}}};
  const auto describer = describer_in(cache);
  const auto detector = detector_in(cache, 2 * mib);
  const auto known = engine_text(question(5));
  for (int round = 0; round < 3; ++round) {
    REQUIRE(describer->prepare());
    const auto answer = describer->describe(question(5), {});
    REQUIRE(answer);
    CHECK(answer->text == known);
    CHECK(sees(*detector));
  }
  const auto counted = cache.statistics();
  CHECK(counted.evictions.count == 5);
  CHECK(counted.corrupt_restores.count == 0);
  CHECK(counted.restores.count == (host_bytes > 0 ? 4 : 0));
  CHECK(counted.loads.count == (host_bytes > 0 ? 2 : 6));
  CHECK(cache.host_bytes() <= host_bytes);
  const auto value = [all = describer->metrics().values](const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    return found == all.end() ? -1 : found->value;
  };
  CHECK(value("timeloom_vlm_requests_total") > 0); // of the model on disk too
  CHECK(value("timeloom_vlm_tile_cache_misses_total") == 2);
  CHECK(value("timeloom_vlm_tile_cache_hits_total") == 4);
}

TEST_CASE("a model that waits for the room gets it between two questions") {
  const auto bytes = bytes_on_device();
  model_cache cache{{.device_budget_bytes = bytes + mib, .host_budget_bytes = 64 * mib, .seconds = {}}};
  const auto describer = describer_in(cache);
  const auto detector = detector_in(cache, 2 * mib);
  std::atomic<bool> seen = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> askers;
  for (int i = 0; i < 2; ++i)
    askers.emplace_back([&, i] {
      do
        wrong += describer->describe(question(i), {}) ? 0 : 1;
      while (!seen);
    });
  CHECK(sees(*detector));
  seen = true;
  askers.clear();
  CHECK(wrong == 0);
}
