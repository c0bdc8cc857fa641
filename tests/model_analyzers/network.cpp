#include "model_analyzers/network.hpp"

#include "analyzers/batch_looker.hpp"
#include "model_analyzers/background_segmentation.hpp"
#include "model_analyzers/model_lanes.hpp"
#include "model_analyzers/object_detection.hpp"
#include "tests/catch.hpp"
#include "tests/models/toy_networks.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

namespace timeloom {

namespace {

constexpr int side = 64;

model_entry entry_of(const std::string& id, model_adapter adapter = model_adapter::yolov8_detect) {
  model_entry entry;
  entry.id = id;
  entry.path = tests::toy_path(id + ".pt");
  entry.adapter = adapter;
  entry.analyzer = std::string{analyzer_of(adapter)};
  entry.input = {side, side};
  return entry;
}

/// A picture in bgr24 of one colour, with a white rectangle [left, right) x [top, bottom).
struct picture {
  picture(int width, int height, std::array<std::uint8_t, 3> bgr) : size{width, height} {
    for (int i = 0; i < width * height; ++i)
      pixels.insert(pixels.end(), bgr.begin(), bgr.end());
  }
  picture& with_white(int left, int top, int right, int bottom) {
    for (int y = top; y < bottom; ++y)
      std::fill_n(pixels.begin() + (y * size.width + left) * 3, (right - left) * 3, std::uint8_t{255});
    return *this;
  }
  sampled_frame frame() const { return {{}, size, sample_format::bgr24, pixels}; }

  picture_size size;
  std::vector<std::uint8_t> pixels;
};

std::shared_ptr<network> in_cache(model_cache& cache, const model_entry& entry,
                                  picture_fit fit = picture_fit::letterbox) {
  auto made = network::create(cache, entry, fit, c10::Device{c10::kCPU});
  REQUIRE(made);
  return *made;
}

model_cache_options budget_of(std::int64_t bytes, std::int64_t host_bytes = 0) {
  return {.device_budget_bytes = bytes, .host_budget_bytes = host_bytes, .seconds = {}};
}

} // namespace

TEST_CASE("boxes are placed in the upright picture, also where the model's input has borders") {
  model_cache cache{budget_of(1 << 20)};
  tests::write_brightness_detector(tests::toy_path("bright"), side);
  auto entry = entry_of("bright");
  std::filesystem::rename(tests::toy_path("bright"), entry.path);
  const auto analyzer = make_object_detection(in_cache(cache, entry));
  // 64x32 lies in the rows [16, 48) of the input, so a cell of 16 pixels is half of the picture's height. The border is
  // grey (114): a score of 0.447, which is seen as well, but lies outside of the picture.
  const auto wide = picture{64, 32, {0, 0, 0}}.with_white(16, 0, 32, 16);
  const auto square = picture{128, 128, {0, 0, 0}}.with_white(96, 96, 128, 128);
  const std::vector<sampled_frame> frames{wide.frame(), square.frame()};
  const auto finds = analyzer->look(frames);
  REQUIRE(finds);
  REQUIRE(finds->size() == 2);
  REQUIRE(finds->at(0).objects.size() == 1);
  const auto& left = finds->at(0).objects[0];
  CHECK(left.score == Approx(1).margin(0.01));
  CHECK(left.area.x == Approx(0.25));
  CHECK(left.area.y == Approx(0).margin(1e-6));
  CHECK(left.area.width == Approx(0.25));
  CHECK(left.area.height == Approx(0.5));
  REQUIRE(finds->at(1).objects.size() == 1);
  CHECK(finds->at(1).objects[0].area.x == Approx(0.75));
  CHECK(analyzer->backend().find("bright (torchscript") == 0);
}

TEST_CASE("classes are counted by the area that they cover, in red, green and blue") {
  model_cache cache{budget_of(1 << 20)};
  const auto entry = entry_of("colours", model_adapter::segformer);
  tests::write_colour_classes(entry.path);
  const auto analyzer = make_background_segmentation(in_cache(cache, entry, picture_fit::stretch));
  const picture red{40, 30, {0, 0, 255}}, blue{64, 64, {255, 0, 0}};
  const auto finds = analyzer->look(std::vector<sampled_frame>{red.frame(), blue.frame()});
  REQUIRE(finds);
  CHECK(finds->at(0).class_shares == std::vector<double>{1, 0, 0});
  CHECK(finds->at(1).class_shares == std::vector<double>{0, 0, 1});
}

TEST_CASE("models that do not fit the budget together take turns and find the same") {
  constexpr std::int64_t ballast = 1 << 20;
  for (const std::int64_t host_bytes : {std::int64_t{0}, 4 * ballast}) {
    model_cache cache{budget_of(ballast * 3 / 2, host_bytes)};
    std::vector<std::unique_ptr<batch_analyzer>> analyzers;
    for (const std::string id : {"one", "two", "three"}) {
      const auto entry = entry_of(id);
      tests::write_brightness_detector(entry.path, side, ballast);
      analyzers.push_back(make_object_detection(in_cache(cache, entry)));
    }
    const auto seen = picture{side, side, {0, 0, 0}}.with_white(0, 0, 16, 16);
    for (int round = 0; round < 20; ++round)
      for (const auto& analyzer : analyzers) {
        const auto finds = analyzer->look(std::vector<sampled_frame>{seen.frame()});
        REQUIRE(finds);
        CHECK(finds->at(0).objects.size() == 1);
        CHECK(cache.ledger().charged_bytes() <= cache.ledger().budget_bytes());
      }
    const auto statistics = cache.statistics();
    CHECK(statistics.evictions.count >= 57);
    CHECK(statistics.corrupt_restores.count == 0);
    CHECK(statistics.loads.count == (host_bytes > 0 ? 3 : 60));
    CHECK(statistics.restores.count == (host_bytes > 0 ? 57 : 0));
  }
}

TEST_CASE("a batch is charged what was measured, and halved where that does not fit the budget") {
  const auto entry = entry_of("measured");
  tests::write_brightness_detector(entry.path, side);
  const picture dark{side, side, {0, 0, 0}};
  std::int64_t weights = 0, of_one = 0;
  {
    model_cache cache{budget_of(64 << 20)};
    const auto model = in_cache(cache, entry);
    REQUIRE(model->prepare());
    const auto charged_for = [&](std::size_t pictures) {
      std::int64_t charged = 0;
      REQUIRE(model->look(std::vector<sampled_frame>(pictures, dark.frame()), [&](const at::Tensor& output) {
        charged = cache.ledger().charged_bytes(memory_kind::workspace);
        return expected<std::vector<picture_finds>>{static_cast<std::size_t>(output.size(0))};
      }));
      return charged;
    };
    CHECK(charged_for(1) >= 3 * side * side * 4); // the input alone
    of_one = charged_for(1);
    CHECK(charged_for(4) == 4 * of_one);
    weights = cache.ledger().charged_bytes();
    CHECK(cache.ledger().charged_bytes(memory_kind::workspace) == 0);
  }
  model_cache cache{budget_of(weights + 5 * of_one / 2)};
  const auto analyzer = make_object_detection(in_cache(cache, entry));
  REQUIRE(analyzer->look(std::vector<sampled_frame>{dark.frame()}));
  std::vector<std::size_t> too_large;
  const auto results = look_at_all(*analyzer, std::vector<sampled_frame>(8, dark.frame()),
                                   [&](std::size_t size) { too_large.push_back(size); });
  CHECK(std::all_of(results.begin(), results.end(), [](const auto& one) { return one.has_value(); }));
  CHECK(too_large == std::vector<std::size_t>{8, 4, 4});
}

TEST_CASE("a picture that a model fails on is named, and the others are looked at") {
  model_cache cache{budget_of(1 << 20)};
  const auto entry = entry_of("shy");
  tests::write_shy_detector(entry.path, side);
  const auto analyzer = make_object_detection(in_cache(cache, entry));
  const picture dark{side, side, {0, 0, 0}}, bright{side, side, {255, 255, 255}};
  std::vector<sampled_frame> frames(7, dark.frame());
  frames[4] = bright.frame();
  const auto results = look_at_all(*analyzer, frames, [](std::size_t) { FAIL("memory did not run out"); });
  REQUIRE(results.size() == 7);
  for (std::size_t i = 0; i < results.size(); ++i)
    CHECK(results[i].has_value() == (i != 4));
  CHECK(results[4].error().message == "AssertionError: too bright");
}

TEST_CASE("a batch that is too large for the memory is halved until it fits") {
  model_cache cache{budget_of(1 << 20)};
  const auto entry = entry_of("hungry");
  tests::write_hungry_detector(entry.path, side, 2);
  const auto analyzer = make_object_detection(in_cache(cache, entry));
  const picture dark{side, side, {0, 0, 0}};
  std::vector<std::size_t> too_large;
  const auto results = look_at_all(*analyzer, std::vector<sampled_frame>(8, dark.frame()),
                                   [&](std::size_t size) { too_large.push_back(size); });
  CHECK(std::all_of(results.begin(), results.end(), [](const auto& one) { return one.has_value(); }));
  CHECK(too_large == std::vector<std::size_t>{8, 4, 4});
}

TEST_CASE("several threads look through one model at once") {
  model_cache cache{budget_of(1 << 20)};
  const auto entry = entry_of("shared");
  tests::write_brightness_detector(entry.path, side);
  const auto analyzer = make_object_detection(in_cache(cache, entry));
  const auto seen = picture{side, side, {0, 0, 0}}.with_white(0, 0, 16, 16);
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        if (const auto finds = analyzer->look(std::vector<sampled_frame>(3, seen.frame())))
          found += static_cast<int>(finds->at(2).objects.size());
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(found == 60);
}

TEST_CASE("a file whose sum is another than the manifest's is not loaded") {
  model_cache cache{budget_of(1 << 20)};
  auto entry = entry_of("swapped");
  tests::write_brightness_detector(entry.path, side);
  entry.sha256 = std::string(64, '0');
  const auto ready = in_cache(cache, entry)->prepare();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().message.find(entry.path) != std::string::npos);
}

TEST_CASE("lanes are made of the manifest, and an analyzer without a model is an error") {
  const auto folder = std::filesystem::path{tests::toy_path("")};
  const auto missing = make_model_lanes({.manifest = folder / "none.yaml", .batch_sizes = {{"body_pose", 4}}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
}

} // namespace timeloom
