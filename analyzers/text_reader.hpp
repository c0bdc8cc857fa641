/// Tesseract's LSTM recogniser, on pictures of single lines.
///
/// A process has one for each choice of languages, shared by all that read with it and kept to the process's end,
/// because starting it takes about a tenth of a second; it holds about 30 MB. Any thread may call it; calls wait for
/// each other.
#pragma once

#include "core/error.hpp"
#include "core/picture.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace timeloom {

/// A word of a line, [left, right) of its picture's columns.
struct read_word {
  std::string text;
  int left = 0;
  int right = 0;
  double confidence = 0; ///< [0, 1]
  bool known = false;    ///< one of the language's words, or a number
};

/// What a line says.
struct line_reading {
  std::string text;      ///< UTF-8, one space between words; "" when nothing was read
  double confidence = 0; ///< [0, 1], the mean over the words by their letters
  double coverage = 0;   ///< [0, 1], of the width, without what is more than a gap between words
  int width = 0;         ///< of the picture, px
  std::vector<read_word> words;
};

/// The reading that these words, from left to right, make.
line_reading reading_of(std::vector<read_word> words, int width);

/// The file of Tesseract's model of the language; empty when it is not there, or cannot be read. Any thread.
std::string language_file(const std::string& language);

/// In an English line, from left to right: an upright stroke by itself before a small letter, read as a mark or a 1
/// without being sure, becomes the word I; so does an l by itself or before 'm, 'll, 've, 'd, but not after a number.
void mend_lone_i(std::vector<read_word>& words);

class text_reader {
public:
  /// The process's reader of these languages, by Tesseract's names. It starts with the first line that it reads.
  /// Fails with `errc::not_found`, and says what to install, when a language's model is missing.
  static expected<std::shared_ptr<text_reader>> of(const std::vector<std::string>& languages);
  ~text_reader();

  /// `line` as line_picture() makes it. Fails when Tesseract cannot be started or gives up.
  expected<line_reading> read(const plane_view& line);

private:
  struct engine;
  explicit text_reader(std::string languages);
  expected<void> start();

  std::string languages_; // joined by '+'
  std::mutex mutex_;      // of the engine
  std::unique_ptr<engine> engine_;
};

} // namespace timeloom
