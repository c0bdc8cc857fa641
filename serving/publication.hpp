/// How a result gets its files: written whole beside where they belong, then named.
///
/// Between the two the journal notes that they are whole, so that after a crash they are named then, or, without the
/// note, made anew. Plain functions; any thread, one at a time for a result.
#pragma once

#include "core/error.hpp"
#include "serving/job_entry.hpp"
#include "timeline/output_format.hpp"

#include <string>
#include <vector>

namespace timeloom {

/// Whether `output_dir`, which is made where it is not there, takes a file: `io` with the system's words when it does
/// not.
expected<void> check_output(const std::string& output_dir);

/// RESULT.timeline.FORMAT
std::string published_path(const std::string& result, output_format format);

/// Writes the files of job `id` under names that no result has, and syncs them. Makes the folder of `result`. Gives the
/// SHA-256 of the JSON, which is one of `formats`.
expected<std::string> stage_result(const timeline& made, const std::string& result,
                                   const std::vector<output_format>& formats, job_id id);

/// The same with the files of an earlier result: linked where the file system can, else copied, and synced.
expected<void> stage_copy(const std::string& earlier, const std::string& result,
                          const std::vector<output_format>& formats, job_id id);

/// Gives what was staged its names, in place of an earlier result, and syncs the folder. What has its name already is
/// fine: then an earlier try did it. Fails with `not_found` when a file has neither name: then it must be made anew.
expected<void> name_result(const std::string& result, const std::vector<output_format>& formats, job_id id);

/// Whether nothing that was staged waits for its name.
bool is_named(const std::string& result, const std::vector<output_format>& formats, job_id id);

/// Removes what was staged and will not be named, in whatever formats.
void drop_staged(const std::string& result, job_id id);

} // namespace timeloom
