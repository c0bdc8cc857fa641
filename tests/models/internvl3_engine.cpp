#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "models/internvl3/internvl3_engine.hpp"

#include "tests/models/fixtures.hpp"

#include <atomic>
#include <thread>

namespace timeloom {

using tests::fixture;
using tests::golden;
using tests::numbers;

namespace {

std::unique_ptr<internvl3_engine> engine(engine_options options = {}) {
  options.folder = fixture("internvl3/hf");
  auto made = internvl3_engine::create(std::move(options));
  if (!made)
    FAIL(made.error().message);
  return std::move(*made);
}

std::shared_ptr<picture_tiles> tiles_of(const std::string& name, const tiling_options& tiling) {
  const auto& stored = golden("picture/" + name);
  const auto pixels = numbers<std::uint8_t>(stored);
  const auto width = static_cast<int>(stored.shape[1]);
  auto made = cut_tiles({pixels.data(), width, static_cast<int>(stored.shape[0]), std::ptrdiff_t{3} * width}, tiling);
  REQUIRE(made);
  return std::make_shared<picture_tiles>(std::move(*made));
}

/// A case of the fixture as a request, and what transformers answers to it.
struct known_answer {
  caption_request request;
  std::size_t prompt_tokens = 0;
  std::vector<token_id> tokens;
  std::string text;
};

std::vector<known_answer> known_answers(const tiling_options& tiling) {
  std::vector<known_answer> found;
  const auto notes = tests::fixture_json("internvl3/golden.json");
  for (const auto& entry : notes["cases"])
    if (entry["model"] == "hf") {
      const auto name = "hf/" + entry["name"].get<std::string>();
      known_answer one;
      for (const auto& image : entry["images"])
        one.request.pictures.push_back(tiles_of(image.get<std::string>(), tiling));
      one.request.prompt = entry["question"].get<std::string>();
      one.tokens = numbers<token_id>(golden(name + "/greedy"));
      one.request.generation.max_new_tokens = static_cast<int>(one.tokens.size());
      one.request.generation.ignore_stop = true;
      one.prompt_tokens = golden(name + "/ids").shape.at(0);
      one.text = entry["text"].get<std::string>();
      found.push_back(std::move(one));
    }
  REQUIRE(found.size() == 4);
  return found;
}

double value_of(const metric_set& all, const std::string& name) {
  const auto found =
      std::find_if(all.values.begin(), all.values.end(), [&](const auto& one) { return one.name == name; });
  REQUIRE(found != all.values.end());
  return found->value;
}

} // namespace

TEST_CASE("the engine answers what transformers answers") {
  const auto asked = engine();
  CHECK(asked->tiling().side == 56);
  double tokens = 0;
  for (const auto& known : known_answers(asked->tiling())) {
    const auto given = asked->submit(known.request).get();
    REQUIRE(given);
    CHECK(given->tokens == known.tokens);
    CHECK(given->text == known.text);
    CHECK(given->prompt_tokens == static_cast<std::int64_t>(known.prompt_tokens));
    CHECK(given->cut_short);
    tokens += static_cast<double>(known.tokens.size());
  }
  CHECK(value_of(asked->metrics(), "timeloom_vlm_requests_total") == 4);
  CHECK(value_of(asked->metrics(), "timeloom_vlm_new_tokens_total") == tokens);
  CHECK(value_of(asked->metrics(), "timeloom_vlm_new_tokens_per_second") > 0);
}

TEST_CASE("many threads ask at once, and each gets its answer") {
  engine_options options;
  options.max_batch_size = GENERATE(1, 3, 0);
  options.max_waiting = 2;
  const auto asked = engine(options);
  const auto known = known_answers(asked->tiling());
  std::atomic<int> right = 0, plausible = 0;
  std::vector<std::jthread> askers;
  for (std::size_t asker = 0; asker < 4; ++asker)
    askers.emplace_back([&, asker] {
      for (std::size_t i = 0; i < known.size(); ++i) {
        const auto& one = known[(asker + i) % known.size()];
        const auto given = asked->submit(one.request).get();
        right += given && given->tokens == one.tokens ? 1 : 0;
        plausible += given && given->batch >= 1 && given->batch <= 4 && given->kv_used_bytes > 0 &&
                             given->kv_used_bytes <= given->kv_bytes && given->seconds > 0
                         ? 1
                         : 0;
      }
    });
  askers.clear();
  CHECK(right == 16);
  CHECK(plausible == 16);
  const auto metrics = asked->metrics();
  CHECK(value_of(metrics, "timeloom_vlm_requests_total") == 16);
  CHECK(value_of(metrics, "timeloom_vlm_shared_prompt_tokens_total") > 0);
  CHECK(value_of(metrics, "timeloom_vlm_kv_used_bytes") < value_of(metrics, "timeloom_vlm_kv_bytes"));
}

TEST_CASE("pictures of one digest are computed once, whatever they hold") {
  const auto asked = engine();
  const auto known = known_answers(asked->tiling()).at(1);
  auto request = known.request;
  auto named = std::make_shared<picture_tiles>(*request.pictures.front());
  named->digest = "the first";
  request.pictures.front() = named;
  CHECK(asked->submit(request).get()->tokens == known.tokens);
  const auto tiles = value_of(asked->metrics(), "timeloom_vlm_tiles_total");
  const auto shared = [&] { return value_of(asked->metrics(), "timeloom_vlm_shared_prompt_tokens_total"); };
  CHECK(shared() == 0);
  CHECK(asked->submit(request).get()->tokens == known.tokens);
  const auto once = shared();
  CHECK(once > 0);
  named->digest = "another";
  CHECK(asked->submit(request).get()->tokens == known.tokens);
  CHECK(shared() == once);
  CHECK(value_of(asked->metrics(), "timeloom_vlm_tiles_total") > tiles);
}

TEST_CASE("a request is cancelled while it waits and while it is computed") {
  engine_options options;
  options.max_batch_size = 1;
  const auto asked = engine(options);
  auto request = known_answers(asked->tiling()).front().request;
  request.generation.max_new_tokens = 3500;
  std::vector<std::stop_source> stops(8);
  std::vector<std::future<expected<caption>>> coming;
  for (auto& stop : stops)
    coming.push_back(asked->submit(request, stop.get_token()));
  for (std::size_t i : {7, 0, 1, 2, 3, 4, 5, 6}) {
    stops[i].request_stop();
    const auto given = coming[i].get();
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::cancelled);
  }
  const auto known = known_answers(asked->tiling()).front();
  CHECK(asked->submit(known.request).get()->tokens == known.tokens);
  CHECK(value_of(asked->metrics(), "timeloom_vlm_cancelled_requests_total") == 8);
  CHECK(value_of(asked->metrics(), "timeloom_vlm_failed_requests_total") == 0);
}

TEST_CASE("a model that left its device and came back answers the same") {
  const auto asked = engine();
  const auto known = known_answers(asked->tiling());
  const auto check = asked->check_value();
  const auto prompt_tokens = [&] { return value_of(asked->metrics(), "timeloom_vlm_prompt_tokens_total"); };
  REQUIRE(asked->submit(known[1].request).get());
  CHECK(asked->device_bytes() > asked->weight_bytes());
  REQUIRE(asked->copy_to_host());
  for (int round = 1; round <= 2; ++round) {
    asked->leave_device();
    CHECK_FALSE(asked->is_on_device());
    CHECK(value_of(asked->metrics(), "timeloom_vlm_kv_bytes") == 0);
    CHECK(asked->submit(known[1].request).get().error().code == errc::internal);
    REQUIRE(asked->return_to_device());
    CHECK(asked->is_on_device());
    CHECK(asked->check_value() == check);
    const auto before = prompt_tokens();
    for (const auto& one : known) {
      const auto given = asked->submit(one.request).get();
      REQUIRE(given);
      CHECK(given->tokens == one.tokens);
    }
    CHECK(prompt_tokens() > before);
  }
  CHECK(value_of(asked->metrics(), "timeloom_vlm_tiles_total") > 2);
}

TEST_CASE("a model leaves its device when what was asked is answered") {
  const auto asked = engine();
  const auto known = known_answers(asked->tiling());
  REQUIRE(asked->copy_to_host());
  std::vector<std::future<expected<caption>>> coming;
  for (const auto& one : known)
    coming.push_back(asked->submit(one.request));
  asked->leave_device();
  for (std::size_t i = 0; i < known.size(); ++i) {
    REQUIRE(coming[i].wait_for(std::chrono::seconds{0}) == std::future_status::ready);
    CHECK(coming[i].get()->tokens == known[i].tokens);
  }
}

TEST_CASE("a request that was cancelled, or that an engine leaves behind, says so") {
  auto asked = engine();
  const auto known = known_answers(asked->tiling()).front();
  std::stop_source stop;
  stop.request_stop();
  const auto cancelled = asked->submit(known.request, stop.get_token()).get();
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == errc::cancelled);
  auto request = known.request;
  request.generation.max_new_tokens = 3000;
  std::vector<std::future<expected<caption>>> left;
  for (int i = 0; i < 3; ++i)
    left.push_back(asked->submit(request));
  asked.reset();
  CHECK(left.back().get().error().code == errc::cancelled);
}

TEST_CASE("a request that does not fit the model is refused, and the next is answered") {
  const auto asked = engine();
  const auto known = known_answers(asked->tiling()).at(1);
  auto request = known.request;
  request.prompt = "<|im_end|>";
  CHECK(asked->submit(request).get().error().code == errc::invalid_argument);
  request = known.request;
  request.pictures.front() = tiles_of("square", {28, 1, 1, false});
  CHECK(asked->submit(request).get().error().message == "a picture has 1 tiles with a side of 28; this model's are 56");
  request = known.request;
  request.generation.top_p = 0;
  CHECK(asked->submit(request).get().error().code == errc::invalid_argument);
  request = known.request;
  request.generation.max_new_tokens = 5000;
  CHECK(asked->submit(request).get().error().code == errc::invalid_argument);
  CHECK(asked->submit(known.request).get()->tokens == known.tokens);
}

TEST_CASE("an engine needs a checkpoint and possible options") {
  engine_options options;
  options.folder = fixture("internvl3");
  CHECK(internvl3_engine::create(options).error().code == errc::not_found);
  options.folder = fixture("internvl3/hf");
  options.max_waiting = 0;
  CHECK(internvl3_engine::create(options).error().code == errc::invalid_argument);
}

} // namespace timeloom
