/// Where results are written, and how: whole or not at all.
#pragma once

#include "core/error.hpp"
#include "timeline/output_format.hpp"

#include <string>
#include <vector>

namespace timeloom {

/// The stem of each video's result files, all different: "a" for "x/a.mp4"; "a.mp4" where "a.mkv" is there too; and
/// "a.mp4-1f3c9a02" (a hash of the whole path) where "y/a.mp4" is there as well.
std::vector<std::string> result_stems(const std::vector<std::string>& paths);

/// DIR/STEM.timeline.FORMAT
std::string result_path(const std::string& dir, const std::string& stem, output_format format);

/// DIR/STEM.annotated.mp4 and DIR/STEM.scenes.png
struct render_paths {
  std::string video;
  std::string sheet;
};
render_paths render_paths_of(const std::string& dir, const std::string& stem);

/// Creates the folder and its parents; fails with the reason when nothing can be written there.
expected<void> prepare_output_folder(const std::string& dir);

/// Writes `made` in one format: a temporary file in the same folder, synced, then renamed, then the folder synced.
/// An existing file is an error unless `overwrite`.
expected<void> write_result(const timeline& made, const std::string& path, output_format format, bool overwrite);

} // namespace timeloom
