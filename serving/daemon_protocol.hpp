/// The messages of the daemon: who asks it for what.
///
///     folder watch --- seen ---> daemon --- submit, cancel ---> coordinator
///     HTTP ----------- submit,     ^  |                             |
///                      act, ...    |  +--- sha256 ---> hasher       |
///                                  |  +--- video ---> mover         |
///                                  +---- progress, finds, result ---+ (its jobs)
///
/// All of it travels inside one process and is passed as it is.
#pragma once

#include "actors/protocol.hpp"
#include "serving/daemon_setup.hpp"
#include "serving/seen_file.hpp"
#include "serving/service.hpp"

#include <caf/timespan.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timeloom {

/// What the journal does not know: how far running jobs are, and why nothing starts.
struct live_jobs {
  std::map<job_id, running_progress> progress;
  bool paused = false;
  std::string held;
};

struct job_wish {
  job_id id = 0;
  job_action action = job_action::cancel;
};

/// A video whose job is over, from its watched folder to one for such videos: as `put_away` has it.
struct move_wish {
  seen_file video;
  std::string root, folder;
};

using seen_files = std::vector<seen_file>;
using shared_setup = std::shared_ptr<const daemon_setup>;

} // namespace timeloom

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::live_jobs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::job_wish)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::move_wish)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::job_entry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::submission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::seen_files)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::shared_setup)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::shared_input)

CAF_BEGIN_TYPE_ID_BLOCK(timeloom_serving, caf::id_block::timeloom_actors::end)
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::live_jobs))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::job_wish))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::move_wish))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::job_entry))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::submission))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::seen_files))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::shared_setup))
CAF_ADD_TYPE_ID(timeloom_serving, (timeloom::shared_input))
CAF_ADD_ATOM(timeloom_serving, timeloom, seen_atom, "seen")
CAF_ADD_ATOM(timeloom_serving, timeloom, pause_atom, "pause")
CAF_ADD_ATOM(timeloom_serving, timeloom, live_atom, "live")
CAF_ADD_ATOM(timeloom_serving, timeloom, drain_atom, "drain")
CAF_ADD_ATOM(timeloom_serving, timeloom, reload_atom, "reload")
CAF_ADD_ATOM(timeloom_serving, timeloom, hash_atom, "hash")
CAF_END_TYPE_ID_BLOCK(timeloom_serving)

namespace timeloom {

/// Reads whole files: to be spawned detached.
using hasher_actor = caf::typed_actor<
    /// the SHA-256 of this file, one file after the other, however long it takes; `cancelled` once the daemon ends
    caf::replies_to<hash_atom, shared_input>::with<std::string>>;

/// Moves videos, perhaps to another disk: to be spawned detached.
using mover_actor = caf::typed_actor<
    /// where this video is now, one after the other, however long it takes; `cancelled` once the daemon ends
    caf::replies_to<move_wish>::with<std::string>>;

/// Owns the journal; takes jobs in, runs them, publishes what comes of them. It writes to disk: to be spawned
/// detached.
using daemon_actor = listener_actor::extend<
    /// files that have become whole; answered once the journal has them
    caf::replies_to<seen_atom, seen_files>::with<bool>,
    /// somebody wants this video analyzed
    caf::replies_to<submit_atom, submission>::with<job_entry>,
    /// cancel, pause, resume, retry; the answer is the job afterwards, or while it is being stopped
    caf::replies_to<job_wish>::with<job_entry>,
    /// start nothing more (true), or again (false)
    caf::replies_to<pause_atom, bool>::with<bool>,
    /// what goes on
    caf::replies_to<live_atom>::with<live_jobs>,
    /// start nothing more, and answer when nothing runs and no video is on its way to its place: what takes longer than
    /// this is left for the next start
    caf::replies_to<drain_atom, caf::timespan>::with<bool>,
    /// from now on like this; what runs goes on as it began
    caf::reacts_to<reload_atom, shared_setup>,
    /// to itself, once a second: what may start now?
    caf::reacts_to<check_atom>>;

} // namespace timeloom
