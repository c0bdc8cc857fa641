/// The pictures of scenes, kept for the web page. Any thread.
#pragma once

#include "serving/job_entry.hpp"
#include "timeline/timeline.hpp"

#include "core/error.hpp"

#include <string>

namespace timeloom {

/// Of scene `number` of the job; there may be none.
std::string thumbnail_path(const std::string& state_dir, job_id id, std::int64_t number);

/// Writes those that there are, in place of earlier ones.
expected<void> write_thumbnails(const timeline& made, const std::string& state_dir, job_id id);

/// Those of job `from` are those of job `to` too, in place of earlier ones; linked where the file system can.
expected<void> share_thumbnails(const std::string& state_dir, job_id from, job_id to);

/// Removes those of the job, if there are any.
expected<void> remove_thumbnails(const std::string& state_dir, job_id id);

} // namespace timeloom
