/// What of an earlier result of the same content need not be found again.
///
/// A result counts as long as its file is as its job wrote it. Plain functions, on the thread of the journal's owner.
#pragma once

#include "serving/daemon_setup.hpp"
#include "serving/journal.hpp"
#include "timeline/timeline.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace timeloom {

/// The keys of those analyzers of `made`, which came of the video at `path`, that are done: what a later job may take
/// from it.
std::map<std::string, std::string> parts_of(const daemon_setup& setup, const std::string& path, const timeline& made);

/// The formats that a job's result was written in.
std::vector<output_format> formats_of(const job_entry& made);

/// Whether the result of a finished job was written in every format that is wanted now.
bool has_formats(const daemon_setup& setup, const job_entry& made);

/// A finished job, or one whose video is still being moved, whose result is that of `job` too, if the video has this
/// content: every analyzer, option and model is the same, and every format is there. Nothing when there is none.
std::optional<job_entry> find_same_result(journal& jobs, const daemon_setup& setup, const job_entry& job,
                                          const std::string& content_sha256);

/// What the result that has most of it knows of a video with this content: of the analyzers that `job` wants those
/// that are done under the same keys, with their finds, and where they are from; the facts, and the pictures of scenes.
/// Null when there is nothing.
std::shared_ptr<const timeline> find_known(journal& jobs, const daemon_setup& setup, const job_entry& job,
                                           const std::string& content_sha256);

} // namespace timeloom
