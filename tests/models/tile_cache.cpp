#include "models/internvl3/tile_cache.hpp"

#include "tests/catch.hpp"

namespace timeloom {

namespace {

constexpr tiling_options options{.side = 8, .least = 1, .most = 4, .thumbnail = true};
constexpr std::int64_t tile_bytes = 3 * 8 * 8 * 4;

/// A picture that is one tile, of one level.
struct flat_picture {
  explicit flat_picture(int level) : pixels(3 * 8 * 8, static_cast<std::uint8_t>(level)) {}
  rgb_view view() const { return {pixels.data(), 8, 8, 3 * 8}; }

  std::vector<std::uint8_t> pixels;
};

double value_of(const tile_cache& cache, const std::string& name) {
  for (const auto& one : cache.metrics().values)
    if (one.name == "timeloom_vlm_tile_cache_" + name)
      return one.value;
  FAIL(name);
  return 0;
}

} // namespace

TEST_CASE("a picture is cut once, and again with other options") {
  tile_cache cache{100 * tile_bytes};
  const flat_picture grey{100};
  const auto first = cache.cut(grey.view(), options);
  REQUIRE(first);
  CHECK((*first)->samples == cut_tiles(grey.view(), options)->samples);
  const flat_picture same{100};
  CHECK(*cache.cut(same.view(), options) == *first);
  CHECK((*first)->digest.size() == 64);
  auto others = options;
  others.least = 4;
  const auto more = *cache.cut(grey.view(), others);
  CHECK(more->count == 5);
  CHECK(more->digest != (*first)->digest);
  CHECK(*cache.cut(flat_picture{101}.view(), options) != *first);
  CHECK(value_of(cache, "hits_total") == 1);
  CHECK(value_of(cache, "misses_total") == 3);
  CHECK(value_of(cache, "bytes") == 7 * tile_bytes);
}

TEST_CASE("the tiles that were not asked for longest go first") {
  tile_cache cache{2 * tile_bytes};
  const flat_picture one{1}, two{2}, three{3};
  for (const auto* picture : {&one, &two, &one, &three})
    REQUIRE(cache.cut(picture->view(), options));
  CHECK(value_of(cache, "bytes") == 2 * tile_bytes);
  const auto hits = value_of(cache, "hits_total");
  REQUIRE(cache.cut(one.view(), options));
  CHECK(value_of(cache, "hits_total") == hits + 1);
  REQUIRE(cache.cut(two.view(), options));
  CHECK(value_of(cache, "hits_total") == hits + 1);
}

TEST_CASE("tiles that are larger than the cache are given and not kept") {
  tile_cache cache{tile_bytes - 1};
  REQUIRE(cache.cut(flat_picture{1}.view(), options));
  CHECK(value_of(cache, "bytes") == 0);
  CHECK_FALSE(cache.cut({}, options));
}

} // namespace timeloom
