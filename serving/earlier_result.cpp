#include "serving/earlier_result.hpp"

#include "core/sha256.hpp"
#include "serving/publication.hpp"
#include "serving/thumbnails.hpp"
#include "timeline/import_json.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <spdlog/spdlog.h>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace timeloom {

namespace {

/// As many as can be read.
std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream{path, std::ios::binary}.rdbuf(); // an iterator would throw on a disk's error
  return std::move(bytes).str();
}

expected<void> check_readable(const written_result& made, output_format format) {
  const auto path = published_path(made.result, format);
  if (::access(path.c_str(), R_OK) != 0)
    return fail(errc::not_found, "{} of job {} cannot be read: {}", path, made.job, errno_text(errno));
  return {};
}

/// The JSON, as the job wrote it.
expected<std::string> read_json(const written_result& made) {
  if (auto readable = check_readable(made, output_format::json); !readable)
    return tl::unexpected{readable.error()};
  const auto path = published_path(made.result, output_format::json);
  auto text = bytes_of(path);
  if (sha256_of(text) != made.json_sha256)
    return fail(errc::io, "{} is not as job {} wrote it", path, made.job);
  return text;
}

/// Whether the files of the job's result can be copied.
expected<void> check_files(const written_result& made, const std::vector<output_format>& formats) {
  for (const auto format : formats)
    if (auto readable = check_readable(made, format); !readable)
      return readable;
  return read_json(made).map([](const std::string&) {});
}

/// The result of job `id` is of no use for the video: it is not looked at again. False when the journal cannot take
/// that, and of a job that is publishing, whose files are yet to get their names.
bool forget(journal& jobs, job_id id, const job_entry& wanted, const error& reason) {
  if (const auto made = jobs.job(id); made && made->state == job_state::publishing)
    return false;
  spdlog::warn("{}: nothing is taken from the result of job {}: {}", one_line(wanted.path), id,
               one_line(reason.message));
  const auto forgotten = jobs.forget_written(id);
  if (!forgotten)
    spdlog::error("{}", one_line(forgotten.error().message));
  return forgotten.has_value();
}

/// What `whole` has of the analyzers of `parts`, with the pictures of its scenes.
timeline only(timeline whole, const std::map<std::string, std::string>& parts, const std::string& state_dir,
              job_id made_by) {
  const auto is_left_out = [&](const std::string& id) { return !parts.contains(id); };
  std::erase_if(whole.analyzers, [&](const auto& report) { return is_left_out(report.id); });
  std::erase_if(whole.events, [&](const auto& found) { return is_left_out(found.analyzer); });
  if (is_left_out("scene_segmentation"))
    whole.scenes.clear();
  for (auto& report : whole.analyzers)
    if (!report.taken_from)
      report.taken_from = analysis_origin{whole.made.program, whole.made.created, whole.made.host};
  for (auto& scene : whole.scenes)
    scene.thumbnail_jpeg = bytes_of(thumbnail_path(state_dir, made_by, scene.number));
  return whole;
}

} // namespace

std::map<std::string, std::string> parts_of(const daemon_setup& setup, const std::string& path, const timeline& made) {
  std::map<std::string, std::string> keys;
  for (const auto& report : made.analyzers)
    if (report.status == analyzer_status::done)
      keys[report.id] = analyzer_key(setup, report.id, path, made.media.sha256);
  return keys;
}

std::vector<output_format> formats_of(const job_entry& made) {
  std::vector<output_format> formats;
  for (const auto& name : made.formats)
    if (const auto format = output_format_from_string(name))
      formats.push_back(*format);
  return formats;
}

bool has_formats(const daemon_setup& setup, const job_entry& made) {
  return std::ranges::all_of(setup.formats, [&](output_format wanted) {
    return std::ranges::find(made.formats, to_string(wanted)) != made.formats.end();
  });
}

std::optional<job_entry> find_same_result(journal& jobs, const daemon_setup& setup, const job_entry& job,
                                          const std::string& content_sha256) {
  for (;;) {
    const auto found = jobs.result_with_key(result_key(setup, job, content_sha256));
    if (!found || !*found || !has_formats(setup, **found))
      return std::nullopt;
    const auto formats = formats_of(**found);
    if ((*found)->state == job_state::publishing && !is_named((*found)->result, formats, (*found)->id))
      return std::nullopt;
    const auto usable =
        jobs.written((*found)->id).and_then([&](const auto& made) { return check_files(made, formats); });
    if (usable)
      return *found;
    if (!forget(jobs, (*found)->id, job, usable.error()))
      return std::nullopt;
  }
}

std::shared_ptr<const timeline> find_known(journal& jobs, const daemon_setup& setup, const job_entry& job,
                                           const std::string& content_sha256) {
  std::vector<std::string> keys;
  for (const auto& id : analyzers_of(setup, job))
    keys.push_back(analyzer_key(setup, id, job.path, content_sha256));
  for (;;) {
    const auto made = jobs.result_with_most(keys);
    if (!made || !*made)
      return nullptr;
    auto whole = read_json(**made).and_then([](const std::string& text) { return import_json(text); });
    if (whole)
      return std::make_shared<const timeline>(only(std::move(*whole), (*made)->parts, setup.state_dir, (*made)->job));
    if (!forget(jobs, (*made)->job, job, whole.error()))
      return nullptr;
  }
}

} // namespace timeloom
