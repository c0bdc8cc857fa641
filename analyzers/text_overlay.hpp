/// On-screen text, read by Tesseract from pictures sampled at about 1 Hz: where text is likely, and once for as long
/// as it stays. See text_lines.hpp.
#pragma once

#include "analyzers/sampled_analyzer.hpp"

namespace timeloom {

/// Fails with `errc::not_found`, and says what to install, when a language's model is missing.
expected<std::unique_ptr<sampled_analyzer>> make_text_overlay(const analyzer_options& options);

/// "tesseract 5.3.0".
std::string tesseract_version();

/// The languages that Tesseract has models for here, by its names.
std::vector<std::string> tesseract_languages();

} // namespace timeloom
