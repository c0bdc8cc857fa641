/// The one file of a form that a browser or curl sends, found in the body while it comes (multipart/form-data, RFC
/// 7578).
///
/// Holds at most one call's bytes, a head of 8 KiB and a boundary, whatever is sent. One owner, one thread.
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace timeloom {

/// The name after filename= in a Content-Disposition; empty when there is none.
std::string disposition_file_name(std::string_view disposition);

class multipart_file {
public:
  static constexpr std::size_t longest_head = 8 * 1024;

  /// `content_type` is that of the request. Fails with `invalid_argument` when it has no boundary of 1 to 70
  /// characters.
  static expected<multipart_file> of(std::string_view content_type);

  /// The next bytes of the body; gives those that are the file's beyond doubt, valid until the next call. Fails with
  /// `invalid_argument` when the body is no form, or has something else than one file.
  expected<std::string_view> take(std::span<const char> bytes);

  /// Whether the file has ended; what follows the form is passed over.
  bool is_whole() const { return at_ == place::behind; }

  /// As the sender calls it; empty until its part has begun.
  const std::string& name() const { return name_; }

private:
  enum class place { before, head, content, behind };

  explicit multipart_file(std::string delimiter) : delimiter_(std::move(delimiter)) {}
  expected<bool> find_part();
  expected<bool> read_head();
  expected<bool> read_content();

  std::string delimiter_;    // with its line break and hyphens
  std::string left_{"\r\n"}; // what was taken and not yet understood; as if a line had ended before the body
  std::string content_;      // to be given
  std::string name_;
  place at_ = place::before;
};

} // namespace timeloom
