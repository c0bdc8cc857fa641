#include "serving/multipart.hpp"

#include <algorithm>
#include <cctype>

namespace timeloom {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t longest_boundary = 70; // RFC 2046, 5.1.1

std::string lower(std::string_view text) {
  std::string small{text};
  std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return std::tolower(c); });
  return small;
}

/// "x" or x, as it stands behind NAME= in a header; a backslash takes its meaning from the next character.
std::string parameter(std::string_view header, std::string_view name) {
  const auto at = lower(header).find(std::string{name} + '=');
  if (at == std::string::npos)
    return {};
  header.remove_prefix(at + name.size() + 1);
  if (!header.starts_with('"'))
    return std::string{header.substr(0, header.find_first_of("; \t"))};
  std::string value;
  for (std::size_t i = 1; i < header.size() && header[i] != '"'; ++i) {
    if (header[i] == '\\' && i + 1 < header.size())
      ++i;
    value += header[i];
  }
  return value;
}

} // namespace

std::string disposition_file_name(std::string_view disposition) {
  return parameter(disposition, "filename");
}

expected<multipart_file> multipart_file::of(std::string_view content_type) {
  const auto boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > longest_boundary || boundary.find_first_of("\r\n") != std::string::npos)
    return fail(errc::invalid_argument, "a form needs a boundary of 1 to {} characters in its Content-Type",
                longest_boundary);
  return multipart_file{"\r\n--" + boundary};
}

expected<std::string_view> multipart_file::take(std::span<const char> bytes) {
  left_.append(bytes.data(), bytes.size());
  content_.clear();
  for (expected<bool> more = true; *more;) {
    switch (at_) {
    case place::before:
      more = find_part();
      break;
    case place::head:
      more = read_head();
      break;
    case place::content:
      more = read_content();
      break;
    case place::behind:
      left_.clear();
      return content_;
    }
    if (!more)
      return tl::unexpected{more.error()};
  }
  return content_;
}

/// Passes over what stands before the first part. Like the others, false when more bytes are needed.
expected<bool> multipart_file::find_part() {
  const auto found = left_.find(delimiter_);
  if (found == std::string::npos) {
    left_.erase(0, left_.size() - std::min(left_.size(), delimiter_.size() - 1));
    return false;
  }
  left_.erase(0, found);
  if (left_.size() < delimiter_.size() + line_end.size())
    return false;
  if (!std::string_view{left_}.substr(delimiter_.size()).starts_with(line_end))
    return fail(errc::invalid_argument, "the form has no part");
  left_.erase(0, delimiter_.size()); // the line break stays: a head may have no line
  at_ = place::head;
  return true;
}

expected<bool> multipart_file::read_head() {
  const auto end = left_.find("\r\n\r\n");
  if (std::min(end, left_.size()) > longest_head)
    return fail(errc::invalid_argument, "the head of the form's part is longer than {} bytes", longest_head);
  if (end == std::string::npos)
    return false;
  std::string_view head{left_.data(), end};
  while (!head.empty()) {
    head.remove_prefix(line_end.size());
    const auto line = head.substr(0, head.find(line_end));
    head.remove_prefix(line.size());
    const auto colon = line.find(':');
    const auto header = lower(line.substr(0, colon));
    const auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (header == "content-disposition")
      name_ = disposition_file_name(value);
    else if (header == "content-transfer-encoding" && lower(value).find("binary") == std::string::npos)
      return fail(errc::invalid_argument, "the form's file must come as it is, not in another encoding");
  }
  if (name_.empty())
    return fail(errc::invalid_argument, "the form's only part must be a file with a name");
  left_.erase(0, end + 2 * line_end.size());
  at_ = place::content;
  return true;
}

expected<bool> multipart_file::read_content() {
  const auto give = [&](std::size_t count) {
    content_.append(left_, 0, count);
    left_.erase(0, count);
  };
  for (std::size_t from = 0;;) {
    const auto found = left_.find(delimiter_, from);
    const auto behind =
        found == std::string::npos ? std::string_view{} : std::string_view{left_}.substr(found + delimiter_.size());
    if (behind.size() < line_end.size()) { // it may be the end
      give(found != std::string::npos ? found : left_.size() - std::min(left_.size(), delimiter_.size() - 1));
      return false;
    }
    if (behind.starts_with("--")) {
      give(found);
      at_ = place::behind;
      return true;
    }
    if (behind.starts_with(line_end))
      return fail(errc::invalid_argument, "the form has more than one part; send one file");
    from = found + delimiter_.size(); // a line of the file that only begins alike
  }
}

} // namespace timeloom
