/// timeloom-analysis-worker: the only program that links Tesseract. The coordinator starts it for sampled pictures.
#include "actors/analysis_worker.hpp"
#include "analyzers/text_overlay.hpp"
#include "app/worker_main.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

constexpr sampled_analyzer_factory analyzers[] = {
    {"text_overlay", make_text_overlay},
};

int serve() {
  run_analysis_worker(analyzers);
}

bool tell_about_text() {
  say(stdout, "\nText (text_overlay)\n");
  tell("Tesseract", tesseract_version().substr(10));
  const auto languages = tesseract_languages();
  tell("languages", languages.empty() ? "none" : fmt::format("{}", fmt::join(languages, ", ")));
  const bool there = std::find(languages.begin(), languages.end(), "eng") != languages.end();
  if (!there)
    tell("eng", "missing; get it with: apt install tesseract-ocr-eng");
  return there;
}

} // namespace

} // namespace timeloom

int main(int argc, char** argv) {
  return timeloom::worker_main(argc, argv, timeloom::serve, timeloom::tell_about_text);
}
