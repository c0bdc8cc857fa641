/// timeloom-analysis-worker: the only program that links Tesseract and OpenCV's detectors. The coordinator starts it
/// for sampled pictures.
#include "actors/analysis_worker.hpp"
#include "analyzers/cascade_files.hpp"
#include "analyzers/eye_tracking.hpp"
#include "analyzers/moving_regions.hpp"
#include "analyzers/people_detection.hpp"
#include "analyzers/reader_versions.hpp"
#include "analyzers/text_overlay.hpp"
#include "app/worker_main.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

constexpr sampled_analyzer_factory analyzers[] = {
    {"text_overlay", make_text_overlay},
    {"eye_tracking", make_eye_tracking},
    {"object_detection", make_people_detection},
    {"background_segmentation", make_moving_regions},
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

bool tell_about_faces() {
  say(stdout, "\nFaces and eyes (eye_tracking)\n");
  const auto missing = missing_cascades();
  if (missing.empty())
    tell("cascades", "found");
  for (const auto name : missing)
    tell("cascades", cascade_file(name).error().message);
  return missing.empty();
}

bool tell_all() {
  const bool reads = tell_about_text();
  return tell_about_faces() && reads;
}

} // namespace

} // namespace timeloom

int main(int argc, char** argv) {
  return timeloom::worker_main(argc, argv, timeloom::serve, timeloom::tell_all, timeloom::reader_versions);
}
