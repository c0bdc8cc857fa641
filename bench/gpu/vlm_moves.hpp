/// How long an InternVL3 takes to leave its device for a model cache, and to come back.
#pragma once

#include "models/internvl3/internvl3_engine.hpp"

namespace timeloom {

/// Beside a rival that needs all of the cache's budget, asks as many requests as a batch has, each alone, evicts,
/// restores and asks again, five times: the first time everything is new, then the copy on the host is there. Prints a
/// line of JSON with the seconds of each, and how many answers were the same as before. Gives the exit status.
int print_moves(const engine_options& options);

} // namespace timeloom
