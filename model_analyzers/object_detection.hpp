/// Objects in pictures, by a network of YOLOv8's layout.
#pragma once

#include "model_analyzers/network.hpp"

namespace timeloom {

std::unique_ptr<batch_analyzer> make_object_detection(std::shared_ptr<network> model);

} // namespace timeloom
