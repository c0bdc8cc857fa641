/// Puts videos away that are over. Any thread; takes as long as copying the file where `folder` is on another disk.
#pragma once

#include "core/error.hpp"
#include "serving/seen_file.hpp"

#include <stop_token>
#include <string>

namespace timeloom {

/// Behind the path of a watched folder: where its videos go that have a result, and those that have none.
inline constexpr const char* done_folder = "/done";
inline constexpr const char* failed_folder = "/failed";

/// `not_allowed` where FOLDER is a symbolic link: what asks for a video follows none out of its folders. It may be
/// missing, and it may be where a file system is mounted.
expected<void> check_no_link(const std::string& folder);

/// Moves ROOT/a/b.mp4 to FOLDER/a/b.mp4 (both absolute and existing or, for FOLDER, made), as FOLDER/a/b (2).mp4 when
/// that name is taken, and tells where it is. Nothing is replaced, and it is on disk when it returns.
///
/// May be asked again after it was interrupted at any moment: then it goes on, or finds what it moved before. Fails
/// with `invalid_argument` when the file is another one than `video` says by now and for a path outside of `root`, with
/// `not_allowed` for a symbolic link, also as FOLDER or below it, with `not_found` when it is in neither place, with
/// `cancelled` when a copy was stopped, else with `io`. The video is then where it was, except when the last step
/// failed, to write the folders to disk.
expected<std::string> put_away(const seen_file& video, const std::string& root, const std::string& folder,
                               const std::stop_token& stop = {});

} // namespace timeloom
