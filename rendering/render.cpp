#include "rendering/render.hpp"

#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"
#include "media/picture_geometry.hpp"
#include "media/sampled_picture.hpp"
#include "rendering/annotator.hpp"
#include "rendering/contact_sheet.hpp"
#include "rendering/video_writer.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace timeloom {

namespace {

/// As large as the picture is, up to `most_lines`.
sample_shape shape_of(const decoded_frame& frame) {
  const auto geometry = geometry_of(*frame.picture);
  const double scale = std::min(1.0, static_cast<double>(most_lines) / geometry.upright_height);
  const int long_side = std::max(geometry.upright_width, geometry.upright_height);
  return {std::max(1, static_cast<int>(long_side * scale)), sample_format::bgr0};
}

class rendering_of {
public:
  rendering_of(const render_order& order, render_files files)
      : order_(order), files_(std::move(files)), annotator_(order.found) {}

  expected<void> draw(const decoded_frame& frame) {
    if (!canvas_)
      if (auto begun = begin(frame); !begun)
        return begun;
    if (auto shown = show(frame); !shown)
      return shown;
    if (sheet_)
      sheet_->see(*canvas_, frame.at);
    annotator_.draw(*canvas_, frame.at);
    return video_->write(std::as_const(*canvas_).pixels(), frame.at.time);
  }

  expected<void> finish() {
    if (!video_)
      return fail(errc::corrupt_media, "{} has no picture", order_.found.media.path);
    if (auto ended = video_->finish(order_.found.media.duration); !ended)
      return ended;
    return sheet_ ? sheet_->write(files_.sheet.get()) : expected<void>{};
  }

private:
  expected<void> begin(const decoded_frame& first) {
    const auto& found = order_.found;
    const auto size = sampled_size(first, shape_of(first));
    auto made = canvas::create(size);
    if (!made)
      return tl::unexpected{made.error()};
    canvas_.emplace(std::move(*made));
    auto video =
        video_writer::open(std::move(files_.video),
                           {.size = size, .ticks_per_s = first.picture->time_base.den, .rate_hz = found.media.rate_hz});
    if (!video)
      return tl::unexpected{video.error()};
    video_ = std::move(*video);
    if (found.scenes.empty())
      return {};
    auto sheet = contact_sheet::create(found, size);
    if (!sheet)
      return tl::unexpected{sheet.error()};
    sheet_.emplace(std::move(*sheet));
    return {};
  }

  expected<void> show(const decoded_frame& frame) {
    const auto shape = shape_of(frame);
    const auto size = sampled_size(frame, shape);
    const bool fits = size == canvas_->size();
    if (!fits)
      spare_.resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4);
    if (auto sampled = sampler_.sample(frame, shape, fits ? canvas_->pixels() : std::span{spare_}); !sampled)
      return tl::unexpected{sampled.error()};
    if (fits)
      canvas_->start();
    else
      canvas_->start(spare_, size);
    return {};
  }

  const render_order& order_;
  render_files files_;
  annotator annotator_;
  picture_sampler sampler_;
  std::optional<canvas> canvas_;
  std::unique_ptr<video_writer> video_;
  std::optional<contact_sheet> sheet_;
  std::vector<std::uint8_t> spare_; // for a picture of another size
};

} // namespace

expected<void> render(const render_order& order, render_files files,
                      const std::function<void(const render_progress&)>& tell) {
  auto source = open_source(std::move(files.input), order.is_folder, order.found.media.path, order.source);
  if (!source)
    return tl::unexpected{source.error()};
  rendering_of rendering{order, std::move(files)};
  for (;;) {
    auto frame = (*source)->next();
    if (!frame)
      return tl::unexpected{frame.error()};
    if (!*frame)
      return rendering.finish();
    if (auto drawn = rendering.draw(**frame); !drawn)
      return drawn;
    tell({(*frame)->at.index + 1, (*frame)->at.time});
  }
}

} // namespace timeloom
