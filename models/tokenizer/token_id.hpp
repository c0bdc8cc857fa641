/// The number of a token in a vocabulary, from 0.
#pragma once

#include <cstdint>

namespace timeloom {

using token_id = std::int32_t;

} // namespace timeloom
