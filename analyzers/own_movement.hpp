/// What has moved by itself since the picture before, whatever the camera did.
#pragma once

#include "core/geometry.hpp"
#include "core/picture.hpp"

#include <memory>

namespace timeloom {

/// Two pictures are compared, the earlier one carried along with the camera's motion where that is known. One owner,
/// one thread.
class own_movement {
public:
  own_movement();
  ~own_movement();

  /// Takes the next picture in presentation order. In the first one and in one of another size nothing has moved.
  void see(const plane_view& luma);

  /// Which share of the area differs from what the camera's motion leads to expect. [0, 1]
  double share(const box& area) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace timeloom
