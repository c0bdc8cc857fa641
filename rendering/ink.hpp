/// What lines and letters are drawn with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace timeloom {

/// sRGB, each part in [0, 1].
struct ink {
  double red = 1;
  double green = 1;
  double blue = 1;
  double opacity = 1;

  bool operator==(const ink&) const = default;
  ink at(double share) const { return {red, green, blue, opacity * share}; }
};

/// Of "#rrggbb"; nothing for other text.
std::optional<ink> ink_from_hex(std::string_view hex);

namespace inks {

// A colour an analyzer, far apart from each other and bright, because each has a dark edge around it.
inline constexpr ink white{1, 1, 1};
inline constexpr ink black{0, 0, 0};
inline constexpr ink red{1, 0.25, 0.25};   ///< cuts
inline constexpr ink amber{1, 0.65, 0.15}; ///< gradual transitions
inline constexpr ink yellow{1, 0.93, 0.3}; ///< text
inline constexpr ink pink{1, 0.5, 0.85};   ///< faces
inline constexpr ink green{0.4, 1, 0.45};  ///< objects
inline constexpr ink cyan{0.3, 0.92, 1};   ///< bodies
inline constexpr ink orange{1, 0.55, 0.2}; ///< what moves, areas
inline constexpr ink sky{0.6, 0.8, 1};     ///< sound

} // namespace inks

} // namespace timeloom
