#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "model_analyzers/scene_caption.hpp"

#include "models/internvl3/internvl3_engine.hpp"
#include "tests/catch.hpp"

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
    request.pictures.push_back(std::move(*tiles));
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
  const auto describer = make_scene_caption(cache, tiny_entry(), c10::kCPU, {256 * mib, 2});
  REQUIRE(describer->prepare());
  REQUIRE(describer->prepare()); // nothing more
  CHECK(cache.ledger().charged_bytes() == 2 * model_bytes(tiny_entry()));
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
  model_cache cache{{.device_budget_bytes = mib, .host_budget_bytes = 0, .seconds = {}}};
  const auto describer = make_scene_caption(cache, tiny_entry(), c10::kCPU, {256 * mib, 2});
  const auto ready = describer->prepare();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().code == errc::exhausted);
}

TEST_CASE("a question that the model cannot be asked fails alone") {
  model_cache cache{{.device_budget_bytes = 512 * mib, .host_budget_bytes = 0, .seconds = {}}};
  const auto describer = make_scene_caption(cache, tiny_entry(), c10::kCPU, {256 * mib, 2});
  REQUIRE(describer->prepare());
  auto wrong = question(0);
  wrong.prompt = "<|im_end|>";
  const auto refused = describer->describe(wrong, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(describer->describe(question(0), {}));
}
