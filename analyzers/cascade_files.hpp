/// Where OpenCV's trained cascades lie: the Debian package opencv-data.
#pragma once

#include "core/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// The file of a cascade such as "haarcascades/haarcascade_eye.xml". Fails with `errc::not_found`, and says what to
/// install, when it is not there. Any thread.
expected<std::string> cascade_file(std::string_view name);

/// Those that eye_tracking uses.
std::span<const std::string_view> used_cascades();

/// Of these, those that are missing.
std::vector<std::string_view> missing_cascades();

/// Their names.
namespace cascade {
inline constexpr std::string_view frontal_face = "haarcascades/haarcascade_frontalface_alt.xml";
inline constexpr std::string_view frontal_face_again = "haarcascades/haarcascade_frontalface_default.xml";
inline constexpr std::string_view profile_face = "lbpcascades/lbpcascade_profileface.xml";
inline constexpr std::string_view profile_face_again = "haarcascades/haarcascade_profileface.xml";
inline constexpr std::string_view open_eye = "haarcascades/haarcascade_eye_tree_eyeglasses.xml";
inline constexpr std::string_view open_eye_again = "haarcascades/haarcascade_eye.xml";
} // namespace cascade

} // namespace timeloom
