#include "analyzers/text_reader.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <leptonica/allheaders.h>
#include <tesseract/baseapi.h>

namespace timeloom {

struct text_reader::engine {
  tesseract::TessBaseAPI api;
};

namespace {

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
  } while (found->Next(tesseract::RIL_WORD));
  if (weight > 0)
    reading.confidence /= weight;
  return reading;
}

} // namespace timeloom
