/// Every message between actors: the architecture diagram of timeloom.
///
///     command line ---- submit ---> coordinator --- spawns ---> job (one a video)
///          ^                          |  ^                        |  |
///          |                   spawns |  | acquire, release       |  | open, frames, close
///          +-- progress, result --+   v  |                        |  v
///                                 |  media_link <--- assign ------+  analysis_link ..BASP.. analysis_worker
///                                job     |  credit, cancel                                   (a process)
///                                        +..records (media_records.hpp).. media worker (a process)
///
/// Actors of this process share memory, so what only travels inside it is marked "local" and passed as it is; what
/// crosses to an analysis worker is serialised. Type ids are append-only: their order is the wire format.
#pragma once

#include "actors/media_records.hpp"
#include "analyzers/analyzer_options.hpp"
#include "analyzers/scene_questions.hpp"
#include "core/error.hpp"
#include "core/metrics.hpp"
#include "core/unique_fd.hpp"
#include "media/input_file.hpp"
#include "media/record_channel.hpp"
#include "timeline/timeline.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// Changes with every change of what crosses to an analysis worker; a worker of another build is refused.
inline constexpr std::int32_t analysis_protocol_version = 6;

// -- command line <-> coordinator <-> job ----------------------------------------------------------------------------

/// Local. A video that is open, for whoever reads it; closed with its last holder.
using shared_input = std::shared_ptr<const input_file>;

/// Local. One video to analyze.
struct analysis_request {
  std::uint64_t tag = 0; ///< the submitter's own number for it; comes back with everything about it
  std::string path;
  std::vector<std::string> analyzers;         ///< catalog ids, in catalog order
  std::map<std::string, std::string> skipped; ///< those of them that cannot run here, and why
  std::set<std::string> without_model;        ///< those of them that could run a model, but run without one
  analyzer_options options;
  std::vector<scene> scenes; ///< that are known already: nobody looks for them; the frames are still to be found
  source_options source;     ///< `threads` is the coordinator's business
  shared_input input;        ///< null: the job opens `path`
  std::string root;          ///< which must lie under this then; empty: anywhere
  std::string configuration; ///< the effective one as YAML, for the provenance
  bool tells_finds = false;  ///< whether the listener wants to hear of finds before the result
  /// A timeline of the same content with what need not be found again: its analyzers, each done; null: nothing.
  std::shared_ptr<const timeline> known;
};

/// Local. How far a job is.
struct job_progress {
  std::uint64_t tag = 0;
  int attempt = 1;
  std::int64_t frames = 0;
  media_time time{0};
  media_time duration{0}; ///< 0 when the container does not say
};

/// Local. What was found just now, in no order; a later attempt may find it again, and the result has the last word.
struct job_finds {
  std::uint64_t tag = 0;
  std::vector<event> events;
};

/// Local. How a job ended: with a timeline, or with the reason why there is none.
struct job_result {
  std::uint64_t tag = 0;
  std::shared_ptr<const timeline> made; ///< null on failure
  error reason;
};

/// Local. What one worker counted and measured since it was started.
struct worker_metrics {
  std::string worker;       ///< for people, such as "analysis worker 2"
  metric_set metrics;       ///< of an analysis or model worker that does not run only how many were lost
  std::string problem;      ///< why its own are missing; empty: they are not
  std::string device;       ///< "cpu", or its GPU's UUID
  std::size_t sessions = 0; ///< open ones: an analyzer's work on a video each; of a media worker 1 while it has a video
};

/// How many processes of a worker were lost, with what they had counted.
inline constexpr std::string_view worker_losses_metric = "timeloom_worker_losses_total";

/// Local. Of all workers, those that were never started included.
struct metrics_report {
  std::vector<worker_metrics> workers; ///< analysis and model workers
  std::vector<worker_metrics> media;   ///< media workers, by what their links counted
};

// -- job <-> media_link ----------------------------------------------------------------------------------------------

/// Local. A descriptor on its way to whoever needs it; closed with its last holder.
using shared_fd = std::shared_ptr<const unique_fd>;

/// Local. A record as the reader thread of a media link received it.
using shared_record = std::shared_ptr<received_record>;

/// Local. A checked report of the media worker.
using shared_report = std::shared_ptr<const media_report>;

// -- job <-> analysis_link <-> analysis worker -----------------------------------------------------------------------

/// One analyzer's work on one video. The ring with this number must have been passed to the worker before.
struct session_spec {
  std::uint64_t session = 0;
  std::uint64_t ring = 0;
  std::int32_t slots = 0;
  std::int64_t slot_bytes = 0;
  std::string analyzer;
  analyzer_options options;
  std::vector<scene_question> questions; ///< of one that needs scenes: their frames come, in order, at most once
  bool alone = false;                    ///< local: while something of its job is with the worker, nothing of others is
};

/// Whose session it is: jobs number their sessions so.
inline std::uint64_t job_of_session(std::uint64_t session) {
  return session >> 16;
}

/// Who does the work of a session, for the provenance.
struct session_opened {
  std::string backend; ///< such as "tesseract 5.3.0 (eng)"
  std::string device;  ///< "cpu" or "cuda:<uuid>"
};

/// A picture in a slot of the session's ring.
struct frame_reference {
  std::int32_t slot = 0;
  std::int64_t index = 0;
  std::int64_t time_ns = 0;
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::uint8_t format = 0; ///< `sample_format`
};

struct frame_batch {
  std::uint64_t session = 0;
  std::vector<frame_reference> frames; ///< in presentation order
};

/// What came of a batch, or of closing a session.
struct batch_result {
  std::vector<event> events;
  std::vector<std::string> frame_errors; ///< one sentence for each picture that failed
  double seconds = 0;                    ///< of computing
};

// -- serialisation ---------------------------------------------------------------------------------------------------

std::vector<std::uint8_t> to_bytes(const std::vector<event>& events);
caf::error from_bytes(const std::vector<std::uint8_t>& bytes, std::vector<event>& events);

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, color_analysis_options& x) {
  return f(caf::meta::type_name("timeloom::color_analysis_options"), x.rate_hz, x.colors);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, camera_analysis_options& x) {
  return f(caf::meta::type_name("timeloom::camera_analysis_options"), x.rate_hz);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, audio_levels_options& x) {
  return f(caf::meta::type_name("timeloom::audio_levels_options"), x.silence_dbfs, x.silence_min_s);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, text_overlay_options& x) {
  return f(caf::meta::type_name("timeloom::text_overlay_options"), x.rate_hz, x.languages, x.min_confidence);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, eye_tracking_options& x) {
  return f(caf::meta::type_name("timeloom::eye_tracking_options"), x.rate_hz, x.min_score);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, object_detection_options& x) {
  return f(caf::meta::type_name("timeloom::object_detection_options"), x.rate_hz, x.min_score);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, body_pose_options& x) {
  return f(caf::meta::type_name("timeloom::body_pose_options"), x.rate_hz, x.min_score);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, background_segmentation_options& x) {
  return f(caf::meta::type_name("timeloom::background_segmentation_options"), x.rate_hz, x.min_share);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, scene_caption_options& x) {
  return f(caf::meta::type_name("timeloom::scene_caption_options"), x.prompt, x.caption, x.max_new_tokens, x.max_tiles);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, frame_position& x) {
  return f(caf::meta::type_name("timeloom::frame_position"), x.index, x.time);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, scene_question& x) {
  return f(caf::meta::type_name("timeloom::scene_question"), x.scene, x.frames);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, analyzer_options& x) {
  return f(caf::meta::type_name("timeloom::analyzer_options"), x.color_analysis, x.camera_analysis, x.audio_levels,
           x.text_overlay, x.eye_tracking, x.object_detection, x.body_pose, x.background_segmentation, x.scene_caption);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, session_spec& x) {
  return f(caf::meta::type_name("timeloom::session_spec"), x.session, x.ring, x.slots, x.slot_bytes, x.analyzer,
           x.options, x.questions);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, session_opened& x) {
  return f(caf::meta::type_name("timeloom::session_opened"), x.backend, x.device);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, frame_reference& x) {
  return f(caf::meta::type_name("timeloom::frame_reference"), x.slot, x.index, x.time_ns, x.width, x.height, x.format);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, frame_batch& x) {
  return f(caf::meta::type_name("timeloom::frame_batch"), x.session, x.frames);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, batch_result& x) {
  auto bytes = to_bytes(x.events); // events have one codec, the timeline's
  return f(caf::meta::type_name("timeloom::batch_result"), bytes, x.frame_errors, x.seconds,
           caf::meta::load_callback([&] { return from_bytes(bytes, x.events); }));
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, metric& x) {
  return f(caf::meta::type_name("timeloom::metric"), x.name, x.label, x.value);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, metric_summary& x) {
  return f(caf::meta::type_name("timeloom::metric_summary"), x.name, x.label, x.count, x.sum, x.quantiles, x.below);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, metric_set& x) {
  return f(caf::meta::type_name("timeloom::metric_set"), x.values, x.summaries);
}

struct media_assignment;
struct looked_at;
struct answered_question;

/// Local to a model worker. What came of a batch.
using looked_batch = std::shared_ptr<std::vector<looked_at>>;

/// Likewise. An answer about pictures.
using shared_answer = std::shared_ptr<const answered_question>;

} // namespace timeloom

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::analysis_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::job_progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::job_finds)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::job_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::metrics_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::shared_fd)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::shared_record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::shared_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::media_assignment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::looked_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(timeloom::shared_answer)

CAF_BEGIN_TYPE_ID_BLOCK(timeloom, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(timeloom, (timeloom::analysis_request))
CAF_ADD_TYPE_ID(timeloom, (timeloom::job_progress))
CAF_ADD_TYPE_ID(timeloom, (timeloom::job_result))
CAF_ADD_TYPE_ID(timeloom, (timeloom::shared_fd))
CAF_ADD_TYPE_ID(timeloom, (timeloom::shared_record))
CAF_ADD_TYPE_ID(timeloom, (timeloom::shared_report))
CAF_ADD_TYPE_ID(timeloom, (timeloom::session_spec))
CAF_ADD_TYPE_ID(timeloom, (timeloom::frame_reference))
CAF_ADD_TYPE_ID(timeloom, (timeloom::frame_batch))
CAF_ADD_TYPE_ID(timeloom, (timeloom::batch_result))
CAF_ADD_TYPE_ID(timeloom, (std::vector<std::int32_t>))
CAF_ADD_ATOM(timeloom, timeloom, submit_atom, "submit")
CAF_ADD_ATOM(timeloom, timeloom, acquire_atom, "acquire")
CAF_ADD_ATOM(timeloom, timeloom, granted_atom, "granted")
CAF_ADD_ATOM(timeloom, timeloom, release_atom, "release")
CAF_ADD_ATOM(timeloom, timeloom, assign_atom, "assign")
CAF_ADD_ATOM(timeloom, timeloom, credit_atom, "credit")
CAF_ADD_ATOM(timeloom, timeloom, cancel_atom, "cancel")
CAF_ADD_ATOM(timeloom, timeloom, record_atom, "record")
CAF_ADD_ATOM(timeloom, timeloom, lost_atom, "lost")
CAF_ADD_ATOM(timeloom, timeloom, check_atom, "check")
CAF_ADD_ATOM(timeloom, timeloom, register_atom, "register")
CAF_ADD_ATOM(timeloom, timeloom, link_atom, "link")
CAF_ADD_ATOM(timeloom, timeloom, session_atom, "session")
CAF_ADD_ATOM(timeloom, timeloom, frames_atom, "frames")
CAF_ADD_ATOM(timeloom, timeloom, finish_atom, "finish")
CAF_ADD_ATOM(timeloom, timeloom, ping_atom, "ping")
CAF_ADD_ATOM(timeloom, timeloom, prepare_atom, "prepare")
CAF_ADD_ATOM(timeloom, timeloom, looked_atom, "looked")
CAF_ADD_TYPE_ID(timeloom, (timeloom::looked_batch))
CAF_ADD_TYPE_ID(timeloom, (timeloom::session_opened))
CAF_ADD_ATOM(timeloom, timeloom, metrics_atom, "metrics")
CAF_ADD_TYPE_ID(timeloom, (timeloom::metric_set))
CAF_ADD_TYPE_ID(timeloom, (timeloom::metrics_report))
CAF_ADD_TYPE_ID(timeloom, (timeloom::job_finds))
CAF_ADD_TYPE_ID(timeloom, (timeloom::shared_answer))
CAF_END_TYPE_ID_BLOCK(timeloom)

namespace timeloom {

// -- interfaces ------------------------------------------------------------------------------------------------------

/// Whoever submits a video hears of it through one of these.
using listener_actor =
    caf::typed_actor<caf::reacts_to<job_progress>, caf::reacts_to<job_finds>, caf::reacts_to<job_result>>;

/// The only one that talks to one media worker; starts it, ends it, and checks every byte it sends.
using media_link_actor = caf::typed_actor<
    /// work for this job; answered by reports, or by lost
    caf::reacts_to<assign_atom, media_assignment>,
    /// slots of the job's ring that may be filled again
    caf::reacts_to<credit_atom, std::uint64_t, std::vector<std::int32_t>>,
    /// forget the job
    caf::reacts_to<cancel_atom, std::uint64_t>,
    /// from its reader thread: a record of the worker process with this number
    caf::reacts_to<record_atom, std::uint32_t, shared_record>,
    /// from its reader thread: no record follows, and why
    caf::reacts_to<lost_atom, std::uint32_t, std::string>,
    /// the rest after the loss of the process with this number is over
    caf::reacts_to<lost_atom, std::uint32_t>,
    /// once a second: does the worker get on?
    caf::reacts_to<check_atom>,
    /// how long its fused analyzers took for each video, and how many of its workers were lost
    caf::replies_to<metrics_atom>::with<metric_set>>;

/// One video from submission to result.
using job_actor = caf::typed_actor<
    /// the coordinator gives the job a media worker for itself
    caf::reacts_to<granted_atom, media_link_actor>,
    /// a report of the media worker that works for this job
    caf::reacts_to<shared_report>,
    /// the media worker is gone or was ended; the text says why, and whether it was its GPU's doing, not the video's
    caf::reacts_to<lost_atom, std::string, bool>,
    /// stop and report `errc::cancelled`
    caf::reacts_to<cancel_atom>>;

/// In an analysis worker process: runs sessions of sampled analyzers one after another. A model worker speaks the same.
using analysis_worker_actor = caf::typed_actor<
    /// begins a session; the answer names what does the work
    caf::replies_to<session_atom, session_spec>::with<session_opened>,
    caf::replies_to<frames_atom, frame_batch>::with<batch_result>,
    /// ends a session: the last events
    caf::replies_to<finish_atom, std::uint64_t>::with<batch_result>,
    /// forgets a session
    caf::reacts_to<cancel_atom, std::uint64_t>,
    /// is anybody there?
    caf::replies_to<ping_atom>::with<bool>,
    /// what it counted and measured since it was started
    caf::replies_to<metrics_atom>::with<metric_set>>;

/// In a model worker process: runs sessions of many videos at once, their pictures in batches.
using model_worker_actor = analysis_worker_actor::extend<
    /// from its compute threads: what came of a batch
    caf::reacts_to<looked_atom, looked_batch>>;

/// Likewise, for the sessions of scene_caption.
using caption_worker_actor = analysis_worker_actor::extend<
    /// from the threads of its question desk
    caf::reacts_to<looked_atom, shared_answer>>;

/// Where an analysis worker announces itself, with its protocol version; false refuses it.
using registrar_actor =
    caf::typed_actor<caf::replies_to<register_atom, std::int32_t, analysis_worker_actor>::with<bool>>;

/// Owns one analysis worker process; passes sessions on to it and fails them when it is gone.
using analysis_link_actor = registrar_actor::extend<
    /// as the worker's, with the memory of the session's ring; starts the worker when there is none
    caf::replies_to<session_atom, session_spec, shared_fd>::with<session_opened>,
    caf::replies_to<frames_atom, frame_batch>::with<batch_result>,
    caf::replies_to<finish_atom, std::uint64_t>::with<batch_result>, caf::reacts_to<cancel_atom, std::uint64_t>,
    /// the worker's, and how many were lost before it, with what they had counted; starts nothing
    caf::replies_to<metrics_atom>::with<metric_set>,
    /// while this process starts: did it register? Later, where asked for: does it answer?
    caf::reacts_to<check_atom, std::uint32_t>>;

/// Accepts jobs and shares out the workers.
using coordinator_actor = caf::typed_actor<
    /// analyze a video; progress and result go to the listener, the answer is the job's number
    caf::replies_to<submit_atom, analysis_request, listener_actor>::with<std::uint64_t>,
    /// stop the job with this number, if it still runs: its listener hears of `errc::cancelled`
    caf::reacts_to<cancel_atom, std::uint64_t>,
    /// a job wants a media worker for itself; `granted` follows when one is free
    caf::reacts_to<acquire_atom, std::uint64_t>,
    /// a job gives its media worker back
    caf::reacts_to<release_atom, std::uint64_t>,
    /// a job wants a worker for the session of a sampled analyzer: the one with the least to do
    caf::replies_to<link_atom, std::uint64_t, std::string>::with<analysis_link_actor>,
    /// what all workers counted and measured; those that give no answer in time say so
    caf::replies_to<metrics_atom>::with<metrics_report>>;

/// Local. What a media link needs to put its worker to a job.
struct media_assignment {
  media_order order;
  shared_fd input;
  shared_fd ring; ///< null without consumers
  job_actor job;
};

} // namespace timeloom

CAF_BEGIN_TYPE_ID_BLOCK(timeloom_actors, caf::id_block::timeloom::end)
CAF_ADD_TYPE_ID(timeloom_actors, (timeloom::media_assignment))
CAF_ADD_TYPE_ID(timeloom_actors, (timeloom::listener_actor))
CAF_ADD_TYPE_ID(timeloom_actors, (timeloom::analysis_worker_actor))
CAF_ADD_TYPE_ID(timeloom_actors, (timeloom::analysis_link_actor))
CAF_ADD_TYPE_ID(timeloom_actors, (timeloom::media_link_actor))
CAF_END_TYPE_ID_BLOCK(timeloom_actors)
