/// What decoding was measured to cost, as JSON: in the order of a media worker, and in the file that keeps it.
#pragma once

#include "core/error.hpp"
#include "media/decoder_speeds.hpp"

#include <nlohmann/json_fwd.hpp>

namespace timeloom {

/// A list of objects.
nlohmann::ordered_json to_json(const decoder_speeds& speeds);

/// Fails with `errc::protocol` for anything else, and for a longer list than `measure` makes.
expected<decoder_speeds> speeds_from_json(const nlohmann::ordered_json& list);

} // namespace timeloom
