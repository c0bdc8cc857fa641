#include "analyzers/text_reader.hpp"

#include "analyzers/line_picture.hpp"

#include <algorithm>
#include <array>
#include <cctype>
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
constexpr int widest_i_px = line_letter_px / 2;
constexpr double sure_digit = 0.5; // confidence of a 1 that is one
constexpr double sure_mark = 0.8;
constexpr double mended = 0.6; // confidence of an I that was read as something else

constexpr std::array<std::string_view, 12> mistaken_i{"l",  "l'm", "l'll", "l've", "l'd", "l,",
                                                      "l.", "l’m", "l’ll", "l’ve", "l’d", "l?"};

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

/// Instead of reading the file that Tesseract asks for: tells it that it cannot be read, and us which it is.
thread_local std::string asked_for;
bool look_only(const char* path, std::vector<char>*) {
  asked_for = access(path, R_OK) == 0 ? path : "";
  return false;
}

} // namespace

std::string language_file(const std::string& language) {
  tesseract::TessBaseAPI api;
  silence(api);
  asked_for.clear();
  api.Init(nullptr, 0, language.c_str(), tesseract::OEM_LSTM_ONLY, nullptr, 0, nullptr, nullptr, false, look_only);
  return asked_for;
}

void mend_lone_i(std::vector<read_word>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto& text = words[i].text;
    const bool counted = i > 0 && std::isdigit(static_cast<unsigned char>(words[i - 1].text.back())); // litres
    if (!counted && std::any_of(mistaken_i.begin(), mistaken_i.end(), [&](auto one) { return text == one; }))
      text.front() = 'I';
  }
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    auto& word = words[i];
    const char next = words[i + 1].text.empty() ? ' ' : words[i + 1].text.front();
    const bool stroke =
        word.text.size() == 1 && std::string_view{"1[]/\\!l|"}.find(word.text) != std::string_view::npos;
    if (!stroke || word.right - word.left > widest_i_px || next < 'a' || next > 'z' ||
        word.confidence >= (word.text == "1" ? sure_digit : sure_mark))
      continue;
    word.text = "I";
    word.confidence = std::max(word.confidence, mended);
    word.known = true;
  }
}

line_reading reading_of(std::vector<read_word> words, int width) {
  line_reading reading;
  reading.width = width;
  double letters = 0;
  double uncovered = 0;
  int covered_to = 0;
  for (const auto& word : words) {
    const auto weight = static_cast<double>(word.text.size());
    reading.text += (reading.text.empty() ? "" : " ") + word.text;
    reading.confidence += weight * word.confidence;
    letters += weight;
    uncovered += std::max(0, word.left - covered_to - widest_gap_px);
    covered_to = std::max(covered_to, word.right);
  }
  if (letters > 0) {
    reading.confidence /= letters;
    uncovered += std::max(0, width - covered_to - widest_gap_px);
    reading.coverage = 1 - uncovered / width;
  }
  reading.words = std::move(words);
  return reading;
}

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
    if (language_file(language).empty())
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
  std::vector<read_word> words;
  const std::unique_ptr<tesseract::ResultIterator> found{api.GetIterator()};
  if (!found)
    return line_reading{};
  do {
    const std::unique_ptr<char[]> raw{found->GetUTF8Text(tesseract::RIL_WORD)};
    if (!raw || raw[0] == '\0')
      continue;
    read_word word{raw.get()};
    word.confidence = found->Confidence(tesseract::RIL_WORD) / 100;
    word.known = found->WordIsFromDictionary() || found->WordIsNumeric();
    int top = 0, bottom = 0;
    found->BoundingBox(tesseract::RIL_WORD, &word.left, &top, &word.right, &bottom);
    words.push_back(std::move(word));
  } while (found->Next(tesseract::RIL_WORD));
  if (languages_.find("eng") != std::string::npos)
    mend_lone_i(words);
  return reading_of(std::move(words), line.width);
}

} // namespace timeloom
