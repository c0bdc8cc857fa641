#include "model_analyzers/background_segmentation.hpp"

#include "analyzers/area_events.hpp"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

class background_segmentation final : public batch_analyzer {
public:
  explicit background_segmentation(std::shared_ptr<network> model) : model_(std::move(model)) {}

  expected<void> prepare() override { return model_->prepare(); }

  expected<std::vector<picture_finds>> look(std::span<const sampled_frame> frames) override {
    return model_->look(frames, [](const at::Tensor& logits) -> expected<std::vector<picture_finds>> {
      if (logits.dim() != 4)
        return fail(errc::unsupported, "the model gives ({}), where (pictures, classes, rows, columns) was expected",
                    fmt::join(logits.sizes(), ", "));
      const auto classes = logits.size(1);
      const auto best = logits.argmax(1).flatten(1);
      const auto shares = at::zeros({logits.size(0), classes}, logits.options())
                              .scatter_add_(1, best, at::ones_like(best, logits.options()))
                              .div_(best.size(1))
                              .cpu();
      const auto values = shares.accessor<float, 2>();
      std::vector<picture_finds> finds(static_cast<std::size_t>(logits.size(0)));
      for (std::int64_t n = 0; n < logits.size(0); ++n)
        for (std::int64_t label = 0; label < classes; ++label)
          finds[static_cast<std::size_t>(n)].class_shares.push_back(values[n][label]);
      return finds;
    });
  }
  std::unique_ptr<video_finds> begin_video(const analyzer_options& options) const override {
    return make_area_events(model_->entry().labels, options.background_segmentation);
  }
  std::string backend() const override { return model_->backend(); }
  std::string device() const override { return model_->device(); }

private:
  std::shared_ptr<network> model_;
};

} // namespace

std::unique_ptr<batch_analyzer> make_background_segmentation(std::shared_ptr<network> model) {
  return std::make_unique<background_segmentation>(std::move(model));
}

} // namespace timeloom
