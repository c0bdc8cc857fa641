/// Bodies in pictures with their 17 points, by a network of YOLOv8-pose's layout.
#pragma once

#include "model_analyzers/network.hpp"

namespace timeloom {

std::unique_ptr<batch_analyzer> make_body_pose(std::shared_ptr<network> model);

} // namespace timeloom
