#include "serving/video_mover.hpp"

#include "actors/caf_error.hpp"
#include "serving/archive.hpp"

namespace timeloom {

mover_actor::behavior_type video_mover(mover_actor::pointer, const std::stop_token& stop) {
  return {[stop](const move_wish& wish) -> caf::result<std::string> {
    auto place = put_away(wish.video, wish.root, wish.folder, stop);
    if (!place)
      return to_caf(place.error());
    return std::move(*place);
  }};
}

} // namespace timeloom
