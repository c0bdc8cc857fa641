/// The media worker process: decodes hostile files, runs the fused analyzers, samples pictures for the others.
#pragma once

namespace timeloom {

/// Serves orders on `worker_channel_fd` until the coordinator closes it. Gives the process's exit status.
int run_media_worker();

} // namespace timeloom
