/// Timelines for tests of the exporters and for looking at the page.
#pragma once

#include "timeline/timeline.hpp"

#include <cstdint>

namespace timeloom {

/// Ninety seconds with every analyzer's kind of event; the same on every call. No thumbnails.
timeline sample_timeline();

/// Two hours with about `events` events.
timeline long_timeline(std::int64_t events);

/// Every string is an attempt to break out of what an exporter puts around it.
timeline hostile_timeline();

} // namespace timeloom
