/// What a picture looks like from so far that a moving camera or thing changes little of it: to tell, of two pictures
/// up to half a second apart, whether they are of one shot.
///
/// The cuts that cut_analysis finds are known up to some hundred frames later, and only where it was asked for; who
/// follows things from picture to picture must know at once. A plain value.
#pragma once

#include "analyzers/sampled_analyzer.hpp"

#include <vector>

namespace timeloom {

class shot_sketch {
public:
  /// `picture` is in bgr24, with all its pixels. Looks at every fourth of its rows and columns.
  explicit shot_sketch(const sampled_frame& picture);

  /// Whether the pictures have next to nothing in common: a cut lies between them, or a flash, or a camera that turned
  /// away. Where both are of one color there is none. Cuts between pictures of much the same colors at the same places
  /// are not seen.
  bool is_of_another_shot(const shot_sketch& other) const;

private:
  int columns_ = 0;
  std::vector<double> means_; // (rows, columns, 3)
};

} // namespace timeloom
