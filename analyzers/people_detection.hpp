/// object_detection without a model: people, by what OpenCV has been trained with.
///
/// Those who are known are looked at in each picture, unless nothing has changed there. New ones are looked for where
/// something has changed, in the picture as it comes; when that is most of it, as under a moving camera, on a reduced
/// picture, and only at times in full. A cut ends every track.
#pragma once

#include "analyzers/sampled_analyzer.hpp"

namespace timeloom {

expected<std::unique_ptr<sampled_analyzer>> make_people_detection(const analyzer_options& options);

} // namespace timeloom
