/// When several face detectors look at the same place: what they agree on. Plain functions; any thread.
#pragma once

#include "core/geometry.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace timeloom {

/// Where a face is turned to, in the picture. Half profiles look like both.
enum class face_view : std::uint8_t { frontal, left, right };

std::string_view to_string(face_view view);

/// The first and the second for each view were trained on other pictures or with other features, so that they are
/// seldom wrong together.
enum class face_detector : std::uint8_t { frontal_alt, frontal_default, profile_lbp, profile_haar };
inline constexpr std::size_t face_detectors = 4;

/// A face that one detector saw.
struct face_vote {
  face_detector by = face_detector::frontal_alt;
  face_view view = face_view::frontal;
  box area;
  int neighbours = 0; ///< how many of its windows, shifted and scaled, saw it; above 0
};

struct seen_face {
  box area;         ///< from the brows to the chin
  double score = 0; ///< [0, 1]
  face_view view = face_view::frontal;
  /// That it is frontal, [0, 1]: what only holds for frontal faces can be weighed with it.
  double frontal = 0;
};

/// How much the windows that saw a face count. [0, 1), 0.5 for 8.
double support_of(int neighbours);

/// The face that the votes agree on best, or nothing without votes. Its score is the mean of the two best supports of
/// different detectors that saw it at the same place, so that one detector alone gives less than 0.5.
std::optional<seen_face> agreed_face(std::span<const face_vote> votes);

} // namespace timeloom
