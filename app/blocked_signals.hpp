/// Signals that a program waits for instead of being interrupted. Before its first thread.
#pragma once

#include <csignal>
#include <initializer_list>

namespace timeloom {

/// Blocks them in every thread from now on, so that one of them can wait for them.
sigset_t block_signals(std::initializer_list<int> signals);

} // namespace timeloom
