#include "model_analyzers/body_pose.hpp"

#include "analyzers/pose_events.hpp"
#include "model_analyzers/yolo_finds.hpp"

namespace timeloom {

namespace {

constexpr int body_points = 17; // COCO's

class body_pose final : public batch_analyzer {
public:
  explicit body_pose(std::shared_ptr<network> model) : model_(std::move(model)) {}

  expected<void> prepare() override { return model_->prepare(); }

  expected<std::vector<picture_finds>> look(std::span<const sampled_frame> frames) override {
    return look_for_boxes(*model_, frames, {1, body_points});
  }
  std::unique_ptr<video_finds> begin_video(const analyzer_options& options) const override {
    return make_pose_events(options.body_pose);
  }
  std::string backend() const override { return model_->backend(); }
  std::string device() const override { return model_->device(); }

private:
  std::shared_ptr<network> model_;
};

} // namespace

std::unique_ptr<batch_analyzer> make_body_pose(std::shared_ptr<network> model) {
  return std::make_unique<body_pose>(std::move(model));
}

} // namespace timeloom
