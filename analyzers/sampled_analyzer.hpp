/// An analyzer that runs in an analysis worker, on pictures sampled at its rate.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/catalog.hpp"
#include "core/error.hpp"
#include "core/media_time.hpp"
#include "core/picture.hpp"
#include "media/sample_shape.hpp"
#include "timeline/event.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// A picture in shared memory, lent for the length of a call. Whoever wrote it is not trusted and may still write:
/// read each sample once and take any value for possible.
struct sampled_frame {
  frame_position at;
  picture_size size;
  sample_format format = sample_format::gray8;
  std::span<const std::uint8_t> pixels; ///< (height, width[, 3]) uint8 without gaps
};

/// A copy of a gray picture, because its writer may still write. Fails with `errc::invalid_argument` when it is in
/// another format, empty, or its bytes are not those of its size.
expected<void> copy_luma(const sampled_frame& frame, plane& luma);

/// The same of a picture in bgr24: into `bgr`, of which it gives the view.
expected<bgr_view> copy_colors(const sampled_frame& frame, std::vector<std::uint8_t>& bgr);

/// The state of one analyzer for one video. One owner, one thread.
class sampled_analyzer {
public:
  virtual ~sampled_analyzer() = default;

  /// Takes the next picture in presentation order. An error concerns this picture only.
  virtual expected<void> see(const sampled_frame& frame) = 0;

  /// The events that are certain since the last call.
  virtual std::vector<event> take_events() = 0;

  /// No picture follows: the rest of the events is made certain.
  virtual void finish() = 0;

  /// What does the work, for the provenance, such as "tesseract 5.3.0 (eng)".
  virtual std::string backend() const = 0;
};

/// A row of a program's table of the analyzers that it can run.
struct sampled_analyzer_factory {
  std::string_view id;
  expected<std::unique_ptr<sampled_analyzer>> (*make)(const analyzer_options& options);
};

/// How an analyzer wants its pictures.
struct sample_demand {
  double rate_hz = 1;
  sample_shape shape;
};

/// Of an analyzer of the catalog that runs at `site`: sampled or model. What runs at both may want other pictures.
sample_demand demand_of(std::string_view id, analyzer_site site, const analyzer_options& options);

} // namespace timeloom
