#include "analyzers/cascade_files.hpp"

#include <array>
#include <filesystem>

namespace timeloom {

namespace {

constexpr std::string_view folder = "/usr/share/opencv4/";

constexpr std::array<std::string_view, 6> used{cascade::frontal_face, cascade::frontal_face_again,
                                               cascade::profile_face, cascade::profile_face_again,
                                               cascade::open_eye,     cascade::open_eye_again};

} // namespace

expected<std::string> cascade_file(std::string_view name) {
  auto path = std::string{folder}.append(name);
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none))
    return fail(errc::not_found, "{} is not there; get it with: apt install opencv-data", path);
  return path;
}

std::span<const std::string_view> used_cascades() {
  return used;
}

std::vector<std::string_view> missing_cascades() {
  std::vector<std::string_view> missing;
  for (const auto name : used)
    if (!cascade_file(name))
      missing.push_back(name);
  return missing;
}

} // namespace timeloom
