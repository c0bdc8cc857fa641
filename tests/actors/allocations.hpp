/// Counts what operator new gives, to see what hostile bytes make a reader allocate.
#pragma once

#include <cstddef>

namespace timeloom {

/// Bytes that this thread allocated since it last set this to 0, freed or not.
extern thread_local std::size_t allocated;

} // namespace timeloom
