#include "model_analyzers/yolo_boxes.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

/// Which of the boxes (N, K, 4), by falling score, outlive those of their label before them: (N, K) bool.
///
/// Greedy suppression is the only fixed point of "kept when no kept box before it overlaps": starting from all, each
/// round settles at least one box more, and in practice a few rounds settle all.
at::Tensor outlive(const at::Tensor& boxes, const at::Tensor& labels, const at::Tensor& valid, double overlap) {
  const auto corner = [&](const at::Tensor& one, bool lower) {
    return lower ? at::maximum(one.unsqueeze(2), one.unsqueeze(1)) : at::minimum(one.unsqueeze(2), one.unsqueeze(1));
  };
  const auto left = boxes.select(2, 0), top = boxes.select(2, 1), right = boxes.select(2, 2), low = boxes.select(2, 3);
  const auto shared =
      (corner(right, false) - corner(left, true)).clamp_min(0) * (corner(low, false) - corner(top, true)).clamp_min(0);
  const auto area = (right - left) * (low - top);
  const auto united = area.unsqueeze(2) + area.unsqueeze(1) - shared;
  const auto rivals = (shared > united * overlap).logical_and(labels.unsqueeze(2) == labels.unsqueeze(1));
  const auto beats = rivals.triu(1).to(at::kFloat).transpose(1, 2); // [n, k, j]: j, before k, would suppress k
  auto kept = valid;
  for (at::Tensor before; !before.defined() || !at::equal(before, kept);) {
    for (int round = 0; round < 4; ++round) {
      before = kept;
      kept = valid.logical_and(at::bmm(beats, kept.to(at::kFloat).unsqueeze(2)).squeeze(2) == 0);
    }
  }
  return kept;
}

} // namespace

expected<std::vector<std::vector<yolo_box>>> read_yolo_boxes(const at::Tensor& output, yolo_layout layout,
                                                             yolo_thresholds thresholds) {
  const std::int64_t others = 4 + 3 * layout.points;
  const std::int64_t classes = layout.classes > 0 || output.dim() != 3 ? layout.classes : output.size(1) - others;
  if (output.dim() != 3 || classes < 1 || output.size(1) != others + classes || output.size(2) < 1)
    return fail(errc::unsupported, "the model gives ({}), where (pictures, {}, anchors) was expected",
                fmt::join(output.sizes(), ", "), others + std::max<std::int64_t>(classes, 1));
  const auto [best, labels] = output.slice(1, 4, 4 + classes).max(1);
  const auto usable = output.isfinite().all(1).logical_and(best >= thresholds.score);
  const auto most = std::min<std::int64_t>(most_yolo_boxes, output.size(2));
  const auto [scores, chosen] = best.to(at::kFloat).masked_fill(usable.logical_not(), -1).topk(most, 1);
  const auto rows_of = [&](const at::Tensor& all) { // (N, R, A) to (N, K, R)
    return all.gather(2, chosen.unsqueeze(1).expand({-1, all.size(1), -1})).transpose(1, 2).to(at::kFloat);
  };
  const auto boxes = rows_of(output.slice(1, 0, 4));
  const auto middle = boxes.slice(2, 0, 2), half = boxes.slice(2, 2, 4) / 2;
  const auto corners = at::cat({middle - half, middle + half}, 2);
  const auto valid = (scores >= 0).logical_and((half > 0).all(2));
  const auto label = labels.gather(1, chosen);
  const auto kept = outlive(corners, label, valid, thresholds.overlap);
  auto found = at::cat({corners, scores.masked_fill(kept.logical_not(), -1).unsqueeze(2),
                        label.to(at::kFloat).unsqueeze(2), rows_of(output.slice(1, 4 + classes))},
                       2)
                   .cpu(); // waits for this thread's stream alone
  const auto values = found.accessor<float, 3>();

  std::vector<std::vector<yolo_box>> pictures(static_cast<std::size_t>(found.size(0)));
  for (std::int64_t n = 0; n < found.size(0); ++n)
    for (std::int64_t k = 0; k < found.size(1); ++k) {
      const auto row = values[n][k];
      if (row[4] < 0)
        continue;
      yolo_box box{row[0], row[1], row[2], row[3], row[4], static_cast<int>(row[5]), {}};
      for (std::int64_t i = 6; i < found.size(2); ++i)
        box.points.push_back(row[i]);
      pictures[static_cast<std::size_t>(n)].push_back(std::move(box));
    }
  return pictures;
}

} // namespace timeloom
