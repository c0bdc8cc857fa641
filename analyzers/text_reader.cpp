#include "analyzers/text_reader.hpp"

#include "analyzers/line_picture.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <leptonica/allheaders.h>
#include <tesseract/baseapi.h>

namespace timeloom {

struct text_reader::engine {
  tesseract::TessBaseAPI api;
};

namespace {

constexpr int widest_gap_px = 2 * line_letter_px; // between words, or of the margin

tl::unexpected<error> no_model_for(const std::string& language) {
  if (language.find('/') != std::string::npos)
    return fail(errc::not_found, "Tesseract has no model for \"{}\"", language);
  auto package = language;
  std::replace(package.begin(), package.end(), '_', '-');
  return fail(errc::not_found, "Tesseract has no model for \"{}\"; get it with: apt install tesseract-ocr-{}", language,
              package);
}

} // namespace

text_reader::text_reader(std::unique_ptr<engine> started) : engine_(std::move(started)) {}
text_reader::~text_reader() = default;

expected<std::unique_ptr<text_reader>> text_reader::start(const std::vector<std::string>& languages) {
  const auto joined = fmt::format("{}", fmt::join(languages, "+"));
  auto made = std::make_unique<engine>();
  auto& api = made->api;
  setMsgSeverity(L_SEVERITY_NONE); // Leptonica would print on standard error what Tesseract copes with
  api.SetVariable("debug_file", "/dev/null");
  std::vector<std::string> loaded; // those that Tesseract has no model for it leaves out
  const bool ready = api.Init(nullptr, joined.c_str(), tesseract::OEM_LSTM_ONLY) == 0;
  if (ready)
    api.GetLoadedLanguagesAsVector(&loaded);
  for (const auto& language : languages)
    if (std::find(loaded.begin(), loaded.end(), language) == loaded.end())
      return no_model_for(language);
  if (!ready)
    return fail(errc::internal, "Tesseract cannot be started with \"{}\"", joined);
  api.SetVariable("debug_file", "/dev/null");
  api.SetVariable("tessedit_do_invert", "0"); // line pictures have dark letters
  api.SetVariable("tessedit_char_blacklist", "|"); // what an I without serifs is taken for
  if (const char* psm = getenv("PSM"))
    api.SetPageSegMode(static_cast<tesseract::PageSegMode>(atoi(psm)));
  else
    api.SetPageSegMode(tesseract::PSM_SINGLE_LINE);
  return std::unique_ptr<text_reader>{new text_reader{std::move(made)}};
}

expected<line_reading> text_reader::read(const plane_view& line) {
  auto& api = engine_->api;
  api.SetImage(line.data, line.width, line.height, 1, line.stride);
  api.SetSourceResolution(300);
  if (api.Recognize(nullptr) != 0)
    return fail(errc::internal, "Tesseract could not read the picture");
  line_reading reading;
  double weight = 0;
  double uncovered = 0;
  int covered_to = 0;
  const std::unique_ptr<tesseract::ResultIterator> found{api.GetIterator()};
  if (!found)
    return reading;
  do {
    const std::unique_ptr<char[]> raw{found->GetUTF8Text(tesseract::RIL_WORD)};
    if (!raw || raw[0] == '\0')
      continue;
    const std::string word = raw.get();
    reading.text += (reading.text.empty() ? "" : " ") + word;
    reading.confidence += static_cast<double>(word.size()) * found->Confidence(tesseract::RIL_WORD) / 100;
    weight += static_cast<double>(word.size());
    int left = 0, top = 0, right = 0, bottom = 0;
    if (found->BoundingBox(tesseract::RIL_WORD, &left, &top, &right, &bottom)) {
      uncovered += std::max(0, left - covered_to - widest_gap_px);
      covered_to = std::max(covered_to, right);
    }
  } while (found->Next(tesseract::RIL_WORD));
  if (weight > 0) {
    reading.confidence /= weight;
    uncovered += std::max(0, line.width - covered_to - widest_gap_px);
    reading.coverage = 1 - uncovered / line.width;
  }
  return reading;
}

} // namespace timeloom
