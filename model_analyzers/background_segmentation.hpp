/// What share of a picture each class covers, by a network of SegFormer's layout: logits (N, classes, height / 4,
/// width / 4). Source: Xie et al., SegFormer (2021).
#pragma once

#include "model_analyzers/network.hpp"

namespace timeloom {

std::unique_ptr<batch_analyzer> make_background_segmentation(std::shared_ptr<network> model);

} // namespace timeloom
