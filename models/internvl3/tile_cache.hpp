/// Tiles of pictures that were cut before, for pictures that are asked about again. Any thread.
#pragma once

#include "core/error.hpp"
#include "core/metrics.hpp"
#include "models/internvl3/tiling.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace timeloom {

class tile_cache {
public:
  /// Keeps tiles of up to so many bytes; what was not asked for longest goes first.
  explicit tile_cache(std::int64_t most_bytes) : most_bytes_(most_bytes) {}

  /// As `cut_tiles`. Pictures are told apart by the SHA-256 of their size, pixels and options, which is the digest of
  /// their tiles.
  expected<std::shared_ptr<const picture_tiles>> cut(const rgb_view& picture, const tiling_options& options);

  /// Pictures that were there, those that were cut, and what is kept: `timeloom_vlm_tile_cache_*`.
  metric_set metrics() const;

private:
  struct kept {
    std::string key;
    std::shared_ptr<const picture_tiles> tiles;
  };

  std::shared_ptr<const picture_tiles> find(const std::string& key);
  void keep(std::string key, std::shared_ptr<const picture_tiles> tiles);

  const std::int64_t most_bytes_;
  mutable std::mutex mutex_;
  // All below is guarded by the mutex.
  std::list<kept> kept_; // the one that was asked for last in front
  std::unordered_map<std::string, std::list<kept>::iterator> by_key_;
  std::int64_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

} // namespace timeloom
