#include "models/internvl3/tile_cache.hpp"

#include "core/sha256.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

namespace {

std::string key_of(const rgb_view& picture, const tiling_options& options) {
  sha256 sum;
  sum.add(fmt::format("{} {} {} {} {} {} ", picture.width, picture.height, options.side, options.least, options.most,
                      options.thumbnail));
  const auto row = std::size_t{3} * static_cast<std::size_t>(std::max(picture.width, 0));
  for (int y = 0; y < picture.height; ++y)
    sum.add({reinterpret_cast<const char*>(picture.row(y)), row});
  return sum.hex();
}

std::int64_t bytes_of(const picture_tiles& tiles) {
  return static_cast<std::int64_t>(tiles.samples.size() * sizeof(float));
}

} // namespace

std::shared_ptr<const picture_tiles> tile_cache::find(const std::string& key) {
  const std::lock_guard lock{mutex_};
  const auto found = by_key_.find(key);
  ++(found == by_key_.end() ? misses_ : hits_);
  if (found == by_key_.end())
    return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->tiles;
}

void tile_cache::keep(std::string key, std::shared_ptr<const picture_tiles> tiles) {
  const std::lock_guard lock{mutex_};
  if (bytes_of(*tiles) > most_bytes_ || by_key_.contains(key)) // another thread may have cut the same
    return;
  bytes_ += bytes_of(*tiles);
  kept_.push_front({key, std::move(tiles)});
  by_key_.emplace(std::move(key), kept_.begin());
  for (; bytes_ > most_bytes_; kept_.pop_back()) {
    bytes_ -= bytes_of(*kept_.back().tiles);
    by_key_.erase(kept_.back().key);
  }
}

expected<std::shared_ptr<const picture_tiles>> tile_cache::cut(const rgb_view& picture, const tiling_options& options) {
  auto key = key_of(picture, options);
  if (auto known = find(key))
    return known;
  auto made = cut_tiles(picture, options);
  if (!made)
    return tl::unexpected{made.error()};
  made->digest = key;
  const auto tiles = std::make_shared<const picture_tiles>(std::move(*made));
  keep(std::move(key), tiles);
  return tiles;
}

metric_set tile_cache::metrics() const {
  const std::lock_guard lock{mutex_};
  return {{{"timeloom_vlm_tile_cache_hits_total", "", static_cast<double>(hits_)},
           {"timeloom_vlm_tile_cache_misses_total", "", static_cast<double>(misses_)},
           {"timeloom_vlm_tile_cache_bytes", "", static_cast<double>(bytes_)}},
          {}};
}

} // namespace timeloom
