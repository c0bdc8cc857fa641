/// Reads what networks of YOLOv8's layout give: boxes, with or without the points of a body.
///
/// Layout (N, 4 + classes + 3 * points, anchors): x and y of the middle, width and height in pixels of the input; a
/// score in [0, 1] for each class; x, y and a score in [0, 1] for each point. It is decoded and suppressed on the
/// device that it is on; only what is left comes to the host.
/// Source: Jocher, Chaurasia, Qiu: Ultralytics YOLOv8 (2023), the exported models' output.
#pragma once

#include "core/error.hpp"

#include <ATen/core/Tensor.h>
#include <vector>

namespace timeloom {

struct yolo_layout {
  int classes = 0; ///< 0: as many as the output has
  int points = 0;
};

struct yolo_thresholds {
  double score = 0.25;
  double overlap = 0.45; ///< intersection over union from which the lower score of two of a class goes
};

/// In pixels of the network's input.
struct yolo_box {
  double left = 0, top = 0, right = 0, bottom = 0;
  double score = 0;
  int label = 0;
  std::vector<double> points; ///< x, y and score, one point after another
};

inline constexpr int most_yolo_boxes = 300; ///< of one picture, before suppression the best so many

/// Boxes by falling score for each of the N pictures. Fails with `errc::unsupported` when `output` has another shape.
/// Values that are no finite numbers, and boxes without area, are left out. Throws what libtorch throws.
expected<std::vector<std::vector<yolo_box>>> read_yolo_boxes(const at::Tensor& output, yolo_layout layout,
                                                             yolo_thresholds thresholds);

} // namespace timeloom
