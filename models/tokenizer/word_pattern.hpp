/// The regular expression that cuts a text into words before byte-pair encoding (PCRE2, compiled to machine code).
/// Immutable; any thread.
///
/// The pattern is written for Oniguruma, which the `tokenizers` library uses. Where PCRE2 reads it differently it is
/// rewritten: `\s` is Unicode's White_Space there (PCRE2 adds U+180E), and letters and digits go by their Unicode
/// properties.
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace timeloom {

class word_pattern {
public:
  /// Fails with `errc::unsupported` when PCRE2 cannot compile the pattern.
  static expected<word_pattern> compile(std::string_view pattern);

  /// Calls `word` with each match and with each piece between matches, none of them empty, in order. `text` must be
  /// valid UTF-8. Fails with `errc::exhausted` when a match needs too much memory.
  expected<void> split(std::string_view text, const std::function<void(std::string_view)>& word) const;

private:
  struct code;
  explicit word_pattern(std::shared_ptr<const code> made) : code_(std::move(made)) {}

  std::shared_ptr<const code> code_;
};

} // namespace timeloom
