#include "analyzers/text_overlay.hpp"

#include "analyzers/text_lines.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/ranges.h>
#include <leptonica/allheaders.h>
#include <tesseract/baseapi.h>

namespace timeloom {

namespace {

constexpr int least_letters = 3; // shorter readings are noise far more often than text

std::string trimmed(const char* text) {
  std::string line{text};
  std::replace(line.begin(), line.end(), '\n', ' ');
  const auto begin = line.find_first_not_of(' ');
  return begin == std::string::npos ? std::string{} : line.substr(begin, line.find_last_not_of(' ') - begin + 1);
}

bool looks_like_text(const std::string& line) {
  const auto letters =
      std::count_if(line.begin(), line.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; });
  return letters >= least_letters && letters * 2 >= static_cast<std::ptrdiff_t>(line.size());
}

tl::unexpected<error> no_model_for(const std::string& language) {
  if (language.find('/') != std::string::npos)
    return fail(errc::not_found, "Tesseract has no model for \"{}\"", language);
  auto package = language;
  std::replace(package.begin(), package.end(), '_', '-');
  return fail(errc::not_found, "Tesseract has no model for \"{}\"; get it with: apt install tesseract-ocr-{}", language,
              package);
}

class text_overlay final : public sampled_analyzer {
public:
  explicit text_overlay(text_overlay_options options) : options_(std::move(options)) {}

  expected<void> start() {
    const auto languages = fmt::format("{}", fmt::join(options_.languages, "+"));
    setMsgSeverity(L_SEVERITY_NONE); // Leptonica would print on standard error what Tesseract copes with
    engine_.SetVariable("debug_file", "/dev/null");
    std::vector<std::string> loaded; // those that Tesseract has no model for it leaves out
    const bool ready = engine_.Init(nullptr, languages.c_str(), tesseract::OEM_LSTM_ONLY) == 0;
    if (ready)
      engine_.GetLoadedLanguagesAsVector(&loaded);
    for (const auto& language : options_.languages)
      if (std::find(loaded.begin(), loaded.end(), language) == loaded.end())
        return no_model_for(language);
    if (!ready)
      return fail(errc::internal, "Tesseract cannot be started with \"{}\"", languages);
    engine_.SetVariable("debug_file", "/dev/null");
    engine_.SetPageSegMode(tesseract::PSM_SPARSE_TEXT);
    return {};
  }

  expected<void> see(const sampled_frame& frame) override {
    engine_.SetImage(frame.pixels.data(), frame.size.width, frame.size.height, 1, frame.size.width);
    engine_.SetSourceResolution(96);
    if (engine_.Recognize(nullptr) != 0)
      return fail(errc::internal, "Tesseract could not read the picture");
    std::vector<text_reading> readings;
    const std::unique_ptr<tesseract::ResultIterator> found{engine_.GetIterator()};
    if (found) {
      do {
        if (auto reading = read_line(*found, frame.size))
          readings.push_back(std::move(*reading));
      } while (found->Next(tesseract::RIL_TEXTLINE));
    }
    lines_.see(frame.at, std::move(readings));
    return {};
  }

  std::vector<event> take_events() override { return lines_.take_events(); }
  void finish() override { lines_.finish(); }
  std::string backend() const override {
    return fmt::format("{} ({})", tesseract_version(), fmt::join(options_.languages, "+"));
  }

private:
  std::optional<text_reading> read_line(const tesseract::ResultIterator& found, picture_size size) const {
    const double confidence = found.Confidence(tesseract::RIL_TEXTLINE);
    int left = 0, top = 0, right = 0, bottom = 0;
    if (!(confidence >= options_.min_confidence) ||
        !found.BoundingBox(tesseract::RIL_TEXTLINE, &left, &top, &right, &bottom))
      return std::nullopt;
    const std::unique_ptr<char[]> raw{found.GetUTF8Text(tesseract::RIL_TEXTLINE)};
    if (!raw)
      return std::nullopt;
    auto text = trimmed(raw.get());
    if (!looks_like_text(text))
      return std::nullopt;
    const double width = size.width, height = size.height;
    return text_reading{std::move(text),
                        {left / width, top / height, (right - left) / width, (bottom - top) / height},
                        std::round(confidence) / 100};
  }

  text_overlay_options options_;
  tesseract::TessBaseAPI engine_;
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
  auto overlay = std::make_unique<text_overlay>(options.text_overlay);
  if (auto started = overlay->start(); !started)
    return tl::unexpected{started.error()};
  return overlay;
}

} // namespace timeloom
