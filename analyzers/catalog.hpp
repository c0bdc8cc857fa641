/// The analyzers that timeloom knows, by the ids that users write. Descriptions only: nothing here computes.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// Where an analyzer runs.
enum class analyzer_site : std::uint8_t {
  fused,   ///< in the media worker, on small pictures as they are decoded
  sampled, ///< in an analysis worker, on pictures sampled into shared memory
  model,   ///< likewise, in a model worker, with a model of the manifest
};

struct analyzer_description {
  std::string_view id;
  std::string_view summary; ///< what it finds, for people
  analyzer_site site = analyzer_site::fused;
  bool runs_without_model = false; ///< of those at `model`: without one, sampled, it finds less
  std::string_view needs = {}; ///< the analyzer whose finds its own are made from, earlier in the catalog; empty: none
  bool at_scenes = false;      ///< looks at the frames of scenes, once these are known
};

/// The one that finds scenes.
inline constexpr std::string_view scene_analyzer = "scene_segmentation";

/// In the order in which timelines list them.
std::span<const analyzer_description> analyzer_catalog();

/// Null for an id that is none.
const analyzer_description* find_analyzer(std::string_view id);

/// Fails with `errc::invalid_argument`, and all ids that there are, for one that is none.
expected<void> check_analyzer(std::string_view id);

/// All ids, in catalog order.
std::vector<std::string> all_analyzer_ids();

/// `ids`, in catalog order, with scene_segmentation when one of them needs scenes.
std::vector<std::string> with_needed(std::vector<std::string> ids);

} // namespace timeloom
