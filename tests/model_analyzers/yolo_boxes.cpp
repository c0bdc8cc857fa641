#include "model_analyzers/yolo_boxes.hpp"

#include "analyzers/suppression.hpp"
#include "tests/catch.hpp"

#include <ATen/ATen.h>
#include <limits>

namespace timeloom {

namespace {

/// One picture, a column for each box: middle, size, then a score for each class.
at::Tensor output_of(const std::vector<std::vector<float>>& boxes) {
  std::vector<at::Tensor> columns;
  for (const auto& box : boxes)
    columns.push_back(at::tensor(box));
  return at::stack(columns, 1).unsqueeze(0);
}

} // namespace

TEST_CASE("boxes come by falling score, without those below the threshold") {
  const auto found = read_yolo_boxes(
      output_of({{50, 50, 20, 10, 0.3F, 0.1F}, {200, 100, 40, 40, 0.2F, 0.9F}, {300, 300, 9, 9, 0.2F, 0.1F}}), {2, 0},
      {0.25, 0.5});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  REQUIRE(found->front().size() == 2);
  const auto& [best, second] = std::tie(found->front()[0], found->front()[1]);
  CHECK(best.label == 1);
  CHECK(best.score == Approx(0.9));
  CHECK(best.left == Approx(180));
  CHECK(best.bottom == Approx(120));
  CHECK(second.label == 0);
  CHECK(second.top == Approx(45));
}

TEST_CASE("of boxes of one class that overlap the best stays, and only of one class") {
  const auto found = read_yolo_boxes(
      output_of(
          {{50, 50, 20, 20, 0.8F, 0}, {52, 50, 20, 20, 0.9F, 0}, {51, 50, 20, 20, 0, 0.5F}, {90, 50, 20, 20, 0.4F, 0}}),
      {2, 0}, {0.25, 0.5});
  REQUIRE(found);
  std::vector<double> scores;
  for (const auto& box : found->front())
    scores.push_back(box.score);
  REQUIRE(scores.size() == 3);
  CHECK(scores[0] == Approx(0.9));
  CHECK(scores[1] == Approx(0.5));
  CHECK(scores[2] == Approx(0.4));
}

TEST_CASE("a box that was suppressed suppresses none itself") {
  // Each overlaps its neighbours by more than half; the third is only covered by the second, which the first removes.
  const auto found = read_yolo_boxes(
      output_of({{10, 10, 10, 10, 0.9F}, {13, 10, 10, 10, 0.8F}, {16, 10, 10, 10, 0.7F}, {19, 10, 10, 10, 0.6F}}),
      {1, 0}, {0.25, 0.5});
  REQUIRE(found);
  REQUIRE(found->front().size() == 2);
  CHECK(found->front()[1].score == Approx(0.7));
}

TEST_CASE("many random boxes are suppressed as the reference does it") {
  at::manual_seed(7);
  const int pictures = 5, anchors = 400, classes = 3;
  const auto places = at::rand({pictures, 2, anchors}) * 200;
  const auto sizes = at::rand({pictures, 2, anchors}) * 80 + 5;
  const auto output = at::cat({places, sizes, at::rand({pictures, classes, anchors})}, 1);
  const auto found = read_yolo_boxes(output, {classes, 0}, {0.5, 0.45});
  REQUIRE(found);
  for (int n = 0; n < pictures; ++n) {
    const auto [scores, labels] = output[n].slice(0, 4).max(0);
    const auto [sorted, order] = scores.sort(-1, true);
    std::vector<scored_box> boxes;
    for (int k = 0; k < most_yolo_boxes; ++k) {
      const auto anchor = order[k].item<std::int64_t>();
      const auto value = [&](int row) { return output[n][row][anchor].item<float>(); };
      if (sorted[k].item<float>() >= 0.5F)
        boxes.push_back({value(0) - value(2) / 2, value(1) - value(3) / 2, value(0) + value(2) / 2,
                         value(1) + value(3) / 2, sorted[k].item<float>(), labels[anchor].item<int>()});
    }
    const auto kept = suppress(boxes, {.max_overlap = 0.45, .limit = most_yolo_boxes});
    REQUIRE(found->at(static_cast<std::size_t>(n)).size() == kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      CHECK(found->at(static_cast<std::size_t>(n))[i].score == Approx(boxes[kept[i]].score));
      CHECK(found->at(static_cast<std::size_t>(n))[i].left == Approx(boxes[kept[i]].x1).margin(1e-3));
    }
  }
}

TEST_CASE("numbers that are none, and boxes without area, are left out") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const auto found = read_yolo_boxes(
      output_of({{nan, 50, 20, 20, 0.9F}, {50, 50, inf, 20, 0.9F}, {50, 50, 0, 20, 0.9F}, {50, 50, 20, 20, nan}}),
      {1, 0}, {0.25, 0.5});
  REQUIRE(found);
  CHECK(found->front().empty());
}

TEST_CASE("the points of a body stay with its box") {
  const auto found = read_yolo_boxes(
      output_of({{10, 10, 5, 5, 0.3F, 1, 2, 0.5F, 3, 4, 0.25F}, {90, 90, 5, 5, 0.6F, 5, 6, 1, 7, 8, 0}}), {1, 2},
      {0.25, 0.5});
  REQUIRE(found);
  REQUIRE(found->front().size() == 2);
  CHECK(found->front()[0].points == std::vector<double>{5, 6, 1, 7, 8, 0});
  CHECK(found->front()[1].points == std::vector<double>{1, 2, 0.5, 3, 4, 0.25});
}

TEST_CASE("an output of another shape is refused with both") {
  const auto found = read_yolo_boxes(at::zeros({1, 9, 100}), {80, 0}, {});
  REQUIRE_FALSE(found);
  CHECK(found.error().message == "the model gives (1, 9, 100), where (pictures, 84, anchors) was expected");
  CHECK_FALSE(read_yolo_boxes(at::zeros({4}), {}, {}));
}

} // namespace timeloom
