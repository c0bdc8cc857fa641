#include "serving/publication.hpp"

#include "core/durable_file.hpp"
#include "core/sha256.hpp"
#include "serving/fail_point.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& result) {
  return fs::path{result}.parent_path().string();
}

std::string staged_path(const std::string& result, std::string_view format, job_id id) {
  const fs::path path{result};
  return (path.parent_path() / fmt::format(".{}.timeline.{}.{}.tmp", path.filename().string(), format, id)).string();
}

expected<void> make_folder_of(const std::string& result) {
  std::error_code problem;
  fs::create_directories(folder_of(result), problem);
  if (problem)
    return fail(errc::io, "cannot create the folder {}: {}", folder_of(result), problem.message());
  return {};
}

/// Stages every format by `stage(format, path)`, which syncs the file; when one fails, none stays.
template <class Stage>
expected<void> stage_each(const std::string& result, const std::vector<output_format>& formats, job_id id,
                          Stage stage) {
  auto staged = make_folder_of(result);
  for (auto format = formats.begin(); staged && format != formats.end(); ++format)
    staged = stage(*format, staged_path(result, to_string(*format), id));
  if (staged)
    staged = sync_folder(folder_of(result));
  if (!staged)
    drop_staged(result, id);
  else
    fail_point("publication.staged");
  return staged;
}

} // namespace

expected<void> check_output(const std::string& output_dir) {
  constexpr std::size_t some_bytes = 1 << 16; // a nearly full disk takes an empty file
  const auto path = (fs::path{output_dir} / ".timeloom-check.tmp").string();
  if (auto made = make_folder_of(path); !made)
    return made;
  auto written = write_file_durably(path, std::string(some_bytes, '\0'));
  ::unlink(path.c_str());
  return written;
}

std::string published_path(const std::string& result, output_format format) {
  return fmt::format("{}.timeline.{}", result, to_string(format));
}

expected<std::string> stage_result(const timeline& made, const std::string& result,
                                   const std::vector<output_format>& formats, job_id id) {
  std::string json_sha256;
  return stage_each(result, formats, id,
                    [&](output_format format, const std::string& path) {
                      const auto text = export_as(format, made);
                      if (format == output_format::json)
                        json_sha256 = sha256_of(text);
                      ::unlink(path.c_str()); // of an earlier try, which may be another name of an earlier result
                      return write_file_durably(path, text);
                    })
      .map([&] { return json_sha256; });
}

expected<void> stage_copy(const std::string& earlier, const std::string& result,
                          const std::vector<output_format>& formats, job_id id) {
  return stage_each(result, formats, id, [&](output_format format, const std::string& path) -> expected<void> {
    const auto from = published_path(earlier, format);
    ::unlink(path.c_str()); // of an earlier try
    std::error_code problem;
    if (::link(from.c_str(), path.c_str()) != 0)
      fs::copy_file(from, path, fs::copy_options::overwrite_existing, problem);
    if (problem)
      return fail(errc::io, "cannot copy {} to {}: {}", from, path, problem.message());
    return sync_file(path);
  });
}

expected<void> name_result(const std::string& result, const std::vector<output_format>& formats, job_id id) {
  for (const auto format : formats) {
    const auto from = staged_path(result, to_string(format), id);
    const auto to = published_path(result, format);
    if (::rename(from.c_str(), to.c_str()) != 0 && !(errno == ENOENT && ::access(to.c_str(), F_OK) == 0))
      return fail(errno == ENOENT ? errc::not_found : errc::io, "cannot give {} its name: {}", to, errno_text(errno));
    fail_point("publication.named_one");
  }
  // Two names of one file, as after a copy by link: rename leaves both.
  drop_staged(result, id);
  return sync_folder(folder_of(result));
}

bool is_named(const std::string& result, const std::vector<output_format>& formats, job_id id) {
  return std::ranges::none_of(formats, [&](output_format format) {
    return ::access(staged_path(result, to_string(format), id).c_str(), F_OK) == 0;
  });
}

void drop_staged(const std::string& result, job_id id) {
  for (const auto name : output_format_names)
    ::unlink(staged_path(result, name, id).c_str());
}

} // namespace timeloom
