#include "analyzers/text_overlay.hpp"

#include "analyzers/matrix.hpp"
#include "analyzers/text_lines.hpp"

#include <fmt/ranges.h>
#include <opencv2/imgproc.hpp>
#include <tesseract/baseapi.h>

namespace timeloom {

namespace {

class text_overlay final : public sampled_analyzer {
public:
  text_overlay(const text_overlay_options& options, std::shared_ptr<text_reader> reader)
      : backend_(fmt::format("{} ({})", tesseract_version(), fmt::join(options.languages, "+"))),
        lines_([reader = std::move(reader)](const plane_view& line) { return reader->read(line); },
               options.min_confidence / 100) {}

  expected<void> see(const sampled_frame& frame) override {
    const auto colors = copy_colors(frame, bgr_);
    if (!colors)
      return tl::unexpected{colors.error()};
    gray_.resize(colors->width, colors->height);
    cv::Mat gray{colors->height, colors->width, CV_8UC1, gray_.row(0)};
    cv::cvtColor(as_matrix(*colors), gray, cv::COLOR_BGR2GRAY);
    return lines_.see(frame.at, {gray_.view(), *colors});
  }

  std::vector<event> take_events() override { return lines_.take_events(); }
  void finish() override { lines_.finish(); }
  std::string backend() const override { return backend_; }

private:
  std::string backend_;
  std::vector<std::uint8_t> bgr_;
  plane gray_;
  text_lines lines_;
};

} // namespace

std::string tesseract_version() {
  return fmt::format("tesseract {}", tesseract::TessBaseAPI::Version());
}

std::vector<std::string> tesseract_languages() {
  tesseract::TessBaseAPI engine;
  std::vector<std::string> languages;
  if (engine.Init(nullptr, nullptr) == 0)
    engine.GetAvailableLanguagesAsVector(&languages);
  return languages;
}

expected<std::unique_ptr<sampled_analyzer>> make_text_overlay(const analyzer_options& options) {
  auto reader = text_reader::of(options.text_overlay.languages);
  if (!reader)
    return tl::unexpected{reader.error()};
  return std::make_unique<text_overlay>(options.text_overlay, std::move(*reader));
}

} // namespace timeloom
