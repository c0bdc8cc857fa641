#include "model_analyzers/yolo_finds.hpp"

#include "analyzers/letterbox.hpp"
#include "analyzers/object_tracker.hpp"

namespace timeloom {

namespace {

picture_finds in_picture(const std::vector<yolo_box>& boxes, const letterbox& fit) {
  picture_finds finds;
  for (const auto& one : boxes) {
    const auto area = to_picture(fit, one.left, one.top, one.right, one.bottom);
    if (!area)
      continue;
    seen_object object{one.label, one.score, *area, {}};
    for (std::size_t i = 0; i + 2 < one.points.size(); i += 3)
      object.keypoints.push_back(to_picture(fit, keypoint{one.points[i], one.points[i + 1], one.points[i + 2]}));
    finds.objects.push_back(std::move(object));
  }
  return finds;
}

} // namespace

expected<std::vector<picture_finds>> look_for_boxes(network& model, std::span<const sampled_frame> frames,
                                                    yolo_layout layout) {
  const auto& entry = model.entry();
  const yolo_thresholds thresholds{continuing_share * entry.thresholds.score, entry.thresholds.iou};
  return model.look(frames, [&](const at::Tensor& output) -> expected<std::vector<picture_finds>> {
    const auto boxes = read_yolo_boxes(output, layout, thresholds);
    if (!boxes)
      return tl::unexpected{boxes.error()};
    std::vector<picture_finds> finds;
    for (std::size_t i = 0; i < boxes->size() && i < frames.size(); ++i) {
      const auto [width, height] = frames[i].size;
      const auto input = model.input().size;
      finds.push_back(in_picture((*boxes)[i], fit_letterbox(width, height, input.width, input.height)));
    }
    return finds;
  });
}

} // namespace timeloom
