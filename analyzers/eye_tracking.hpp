/// Faces over time, and what their eyes do, by OpenCV's cascades.
///
/// New faces are looked for twice a second, on a small picture and only where something has changed; known ones are
/// looked at in each picture, unless nothing has changed there. Two detectors must agree on a face, and a track must
/// last, before it counts. A cut ends every track.
#pragma once

#include "analyzers/sampled_analyzer.hpp"

namespace timeloom {

/// Fails with `errc::not_found`, and says what to install, when a cascade is missing.
expected<std::unique_ptr<sampled_analyzer>> make_eye_tracking(const analyzer_options& options);

} // namespace timeloom
