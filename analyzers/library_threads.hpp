/// Threads that libraries would start by themselves.
#pragma once

namespace timeloom {

/// Keeps OpenCV to the calling threads in this process: the processes share out the cores, not the libraries in them.
void keep_libraries_single_threaded();

} // namespace timeloom
