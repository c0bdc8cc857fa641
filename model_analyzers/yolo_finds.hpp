/// Boxes of a YOLO network as finds of the pictures that they were seen in.
#pragma once

#include "model_analyzers/network.hpp"
#include "model_analyzers/yolo_boxes.hpp"

namespace timeloom {

/// Runs `model` on `frames` and places what it gives in the upright pictures, normalised.
expected<std::vector<picture_finds>> look_for_boxes(network& model, std::span<const sampled_frame> frames,
                                                    yolo_layout layout);

} // namespace timeloom
