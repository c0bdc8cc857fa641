#include "analyzers/text_reader.hpp"

#include "analyzers/line_picture.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <leptonica/allheaders.h>
#include <map>
#include <tesseract/baseapi.h>
#include <unistd.h>

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

/// What Tesseract prints is no news to users; Leptonica prints what Tesseract copes with.
void silence(tesseract::TessBaseAPI& api) {
  setMsgSeverity(L_SEVERITY_NONE);
  api.SetVariable("debug_file", "/dev/null");
}

/// Instead of reading the file that Tesseract asks for: tells it that it cannot be read, and us whether it could.
thread_local bool model_is_there = false;
bool look_only(const char* path, std::vector<char>*) {
  model_is_there = access(path, R_OK) == 0;
  return false;
}

bool has_model(const std::string& language) {
  tesseract::TessBaseAPI api;
  silence(api);
  model_is_there = false;
  api.Init(nullptr, 0, language.c_str(), tesseract::OEM_LSTM_ONLY, nullptr, 0, nullptr, nullptr, false, look_only);
  return model_is_there;
}

} // namespace

text_reader::text_reader(std::string languages) : languages_(std::move(languages)) {}
text_reader::~text_reader() = default;

expected<std::shared_ptr<text_reader>> text_reader::of(const std::vector<std::string>& languages) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<text_reader>> readers;
  const std::lock_guard lock{mutex};
  auto& reader = readers[fmt::format("{}", fmt::join(languages, "+"))];
  if (reader)
    return reader;
  for (const auto& language : languages)
    if (!has_model(language))
      return no_model_for(language);
  reader.reset(new text_reader{fmt::format("{}", fmt::join(languages, "+"))});
  return reader;
}

expected<void> text_reader::start() {
  auto made = std::make_unique<engine>();
  silence(made->api);
  if (made->api.Init(nullptr, languages_.c_str(), tesseract::OEM_LSTM_ONLY) != 0)
    return fail(errc::internal, "Tesseract cannot be started with \"{}\"", languages_);
  silence(made->api);
  made->api.SetVariable("tessedit_do_invert", "0");      // line pictures have dark letters
  made->api.SetVariable("tessedit_char_blacklist", "|"); // what an I without serifs is taken for
  made->api.SetPageSegMode(tesseract::PSM_SINGLE_LINE);
  engine_ = std::move(made);
  return {};
}

expected<line_reading> text_reader::read(const plane_view& line) {
  const std::lock_guard lock{mutex_};
  if (!engine_)
    if (auto started = start(); !started)
      return tl::unexpected{started.error()};
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
