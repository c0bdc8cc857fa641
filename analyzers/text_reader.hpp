/// Tesseract's LSTM recogniser, on pictures of single lines.
///
/// One owner, one thread. Starting it costs about a tenth of a second, so it should be kept; it holds about 30 MB.
#pragma once

#include "core/error.hpp"
#include "core/picture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace timeloom {

/// What a line says.
struct line_reading {
  std::string text;      ///< UTF-8, one space between words; "" when nothing was read
  double confidence = 0; ///< [0, 1], the mean over the words by their letters
  double coverage = 0;   ///< [0, 1], of the width, without what is more than a gap between words
};

class text_reader {
public:
  /// Fails with `errc::not_found`, and says what to install, when a language's model is missing.
  static expected<std::unique_ptr<text_reader>> start(const std::vector<std::string>& languages);
  ~text_reader();

  /// `line` as line_picture() makes it.
  expected<line_reading> read(const plane_view& line);

private:
  struct engine;
  explicit text_reader(std::unique_ptr<engine> started);
  std::unique_ptr<engine> engine_;
};

} // namespace timeloom
