/// What background segmentation tells without a model: how much of the picture moves by itself, and what moves where.
#pragma once

#include "analyzers/sampled_analyzer.hpp"
#include "media/sample_shape.hpp"

namespace timeloom {

/// The pictures that it wants. Larger ones show no more that moves, and cost more.
inline constexpr sample_shape moving_regions_shape{320, sample_format::gray8};

/// Events, all of background_segmentation:
/// "area", label "moving": a span in which the foreground covers much of the picture, as of make_area_events(), of two
///   pictures at least.
/// "region": a span for each region that was followed, seen at least three times and for half a second, as of
///   track_event(), with the attribute `path`.
/// A cut ends them all. Never fails.
expected<std::unique_ptr<sampled_analyzer>> make_moving_regions(const analyzer_options& options);

} // namespace timeloom
