/// The picture that a message refers to, in the memory of a ring. Any thread.
#pragma once

#include "actors/protocol.hpp"
#include "analyzers/sampled_analyzer.hpp"
#include "media/frame_ring.hpp"

namespace timeloom {

/// A view into the slot, valid as long as the ring. Fails with `errc::protocol` when the picture is not wholly inside.
expected<sampled_frame> picture_in(const frame_ring& ring, const frame_reference& reference);

} // namespace timeloom
