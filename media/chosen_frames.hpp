/// Some frames of a video, found again by their times: a source whose frames are those and no others.
#pragma once

#include "media/frame_source.hpp"

#include <vector>

namespace timeloom {

/// `wanted` are frames that an earlier reading of `source` gave, in order, each once; what comes has their indices.
/// Where a key frame is nearer than decoding on, it is jumped to. A frame that does not come again is passed over; the
/// facts' notes name it and count it as an error of decoding. `finish` does not hash. `still_at_it` is called now and
/// then and says whether to go on; when not, nothing more comes.
std::unique_ptr<frame_source> choose_frames(std::unique_ptr<frame_source> source, std::vector<frame_position> wanted,
                                            std::function<bool(const frame_position&)> still_at_it);

} // namespace timeloom
