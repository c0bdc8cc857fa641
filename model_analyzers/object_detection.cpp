#include "model_analyzers/object_detection.hpp"

#include "analyzers/object_events.hpp"
#include "model_analyzers/yolo_finds.hpp"

namespace timeloom {

namespace {

class object_detection final : public batch_analyzer {
public:
  explicit object_detection(std::shared_ptr<network> model) : model_(std::move(model)) {}

  expected<void> prepare() override { return model_->prepare(); }

  expected<std::vector<picture_finds>> look(std::span<const sampled_frame> frames) override {
    return look_for_boxes(*model_, frames, {static_cast<int>(model_->entry().labels.size()), 0});
  }
  std::unique_ptr<video_finds> begin_video(const analyzer_options& options) const override {
    return make_object_events(model_->entry().labels, options.object_detection);
  }
  std::string backend() const override { return model_->backend(); }
  std::string device() const override { return model_->device(); }

private:
  std::shared_ptr<network> model_;
};

} // namespace

std::unique_ptr<batch_analyzer> make_object_detection(std::shared_ptr<network> model) {
  return std::make_unique<object_detection>(std::move(model));
}

} // namespace timeloom
