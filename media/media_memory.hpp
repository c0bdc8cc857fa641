/// How much memory a process may take that parses media.
#pragma once

namespace timeloom {

/// A hostile file can make decoders ask for any amount of memory. This process gets half of the host's, at least
/// 4 GiB, and is the first to go when the host runs out; the coordinator outlives it. Once, at start.
void limit_media_memory();

} // namespace timeloom
