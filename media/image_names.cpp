#include "media/image_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>

namespace timeloom {

namespace {

constexpr auto endings = std::to_array<std::string_view>(
    {"png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "ppm", "pgm", "pbm", "pnm", "dpx", "exr", "jp2", "qoi"});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool names_a_picture(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || name.front() == '.')
    return false;
  std::string ending = name.substr(dot + 1);
  for (char& c : ending)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

} // namespace

expected<std::vector<std::string>> list_images(const unique_fd& folder, const std::string& name) {
  const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0)
    return fail(errc::io, "cannot list {}: {}", name, errno_text(errno));
  const std::unique_ptr<DIR, int (*)(DIR*)> entries{::fdopendir(copy), &::closedir};
  if (!entries)
    return fail(errc::io, "cannot list {}: {}", name, errno_text(errno));
  std::vector<std::string> pictures;
  errno = 0; // the end of the folder leaves it so
  while (const auto* entry = ::readdir(entries.get()))
    if (names_a_picture(entry->d_name))
      pictures.emplace_back(entry->d_name);
  if (errno != 0)
    return fail(errc::io, "cannot list {}: {}", name, errno_text(errno));
  std::sort(pictures.begin(), pictures.end(), natural_less);
  return pictures;
}

bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j])
        return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0')
        ++at;
      const auto begin = at;
      while (at < text.size() && is_digit(text[at]))
        ++at;
      return std::string_view{text}.substr(begin, at - begin);
    };
    const auto x = number(a, i), y = number(b, j);
    if (x != y)
      return x.size() != y.size() ? x.size() < y.size() : x < y;
  }
  const auto left_a = a.size() - i, left_b = b.size() - j;
  return left_a != left_b ? left_a < left_b : a < b;
}

} // namespace timeloom
