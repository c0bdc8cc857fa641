#include "serving/job_json.hpp"
#include "serving/multipart.hpp"
#include "serving/route_call.hpp"
#include "serving/upload.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

constexpr int default_limit = 100, most_jobs = 500;

template <class Number>
bool read_number(const std::string& text, Number least, Number most, Number& into) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), into);
  return status == std::errc{} && end == text.data() + text.size() && into >= least && into <= most;
}

/// Adds the states of "done,failed".
expected<void> add_states(std::string_view names, std::vector<job_state>& to) {
  while (!names.empty()) {
    const auto name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    const auto state = job_state_from_string(name);
    if (!state)
      return fail(errc::invalid_argument, "there is no state \"{}\"", name);
    to.push_back(*state);
  }
  return {};
}

expected<job_filter> filter_of(const std::multimap<std::string, std::string>& query) {
  job_filter filter{.limit = default_limit};
  for (const auto& [name, value] : query) {
    if (name == "state") {
      if (auto known = add_states(value, filter.states); !known)
        return tl::unexpected{known.error()};
    } else if (name == "before") {
      if (!read_number<job_id>(value, 0, std::numeric_limits<job_id>::max(), filter.before.emplace()))
        return fail(errc::invalid_argument, "before={} is no id of a job", value);
    } else if (name == "limit") {
      if (!read_number(value, 1, most_jobs, filter.limit))
        return fail(errc::invalid_argument, "limit={} is not within 1 and {}", value, most_jobs);
    } else {
      return fail(errc::invalid_argument, "there is no parameter \"{}\"; known are state, before and limit", name);
    }
  }
  return filter;
}

/// Of a running job. A listing tells it: the job is the newest before the next id.
std::optional<running_progress> progress_of(service& does, const job_entry& job) {
  if (job.state != job_state::running)
    return std::nullopt;
  const auto listing = does.jobs({.before = job.id + 1, .limit = 1});
  if (!listing)
    return std::nullopt;
  const auto found = listing->progress.find(job.id);
  return found == listing->progress.end() ? std::nullopt : std::optional{found->second};
}

http_response job_response(const expected<job_entry>& job, int status = 200) {
  return job ? json_response(state_text(*job, std::nullopt), status) : error_response(job.error());
}

http_response act(route_call& call, job_action action) {
  auto job = call.in_turn([&](service& does) { return does.act(call.numbers[0], action); });
  if (!job && job.error().code == errc::invalid_argument)
    return error_response(409, "conflict", job.error().message);
  return job_response(job);
}

http_response pause_all(route_call& call, bool paused) {
  const auto done = call.in_turn([&](service& does) { return does.pause_all(paused); });
  return done ? json_response(json_line({{"paused", paused}})) : error_response(done.error());
}

http_response created(const expected<job_entry>& job) {
  auto response = job_response(job, 201);
  if (job)
    response.headers.emplace_back("Location", fmt::format("/v1/jobs/{}", job->id));
  return response;
}

/// Of the query, which is free of any quoting, or of Content-Disposition.
std::string wanted_name(const http_request& request) {
  const auto named = request.query.find("name");
  return named != request.query.end() ? named->second : disposition_file_name(request.header("content-disposition"));
}

/// Gives each piece of the body, which has so many bytes, to `take`.
template <class Take>
expected<void> receive(request_body& body, std::int64_t bytes, Take take) {
  std::vector<char> buffer(256 * 1024);
  while (bytes > 0) {
    const auto got = body.read(buffer);
    if (!got)
      return tl::unexpected{got.error()};
    if (*got == 0)
      return fail(errc::invalid_argument, "the upload ended {} bytes before its Content-Length", bytes);
    if (expected<void> taken = take(std::span{buffer}.first(*got)); !taken)
      return taken;
    bytes -= static_cast<std::int64_t>(*got);
  }
  return {};
}

/// Reads a form of so many bytes with the file in it; the name that is wanted for the file.
expected<std::string> receive_form(route_call& call, multipart_file form, std::int64_t bytes, upload& into) {
  std::int64_t of_file = 0;
  auto whole = receive(call.body, bytes, [&](auto piece) {
    return form.take(piece).and_then([&](std::string_view content) {
      of_file += static_cast<std::int64_t>(content.size());
      return into.write(content);
    });
  });
  if (!whole)
    return tl::unexpected{whole.error()};
  if (!form.is_whole())
    return fail(errc::invalid_argument, "the form ends before its file does");
  if (of_file == 0)
    return fail(errc::invalid_argument, "the upload is empty");
  const auto name = wanted_name(call.request);
  return name.empty() ? form.name() : name;
}

http_response upload_error(const error& problem) {
  return problem.code == errc::exhausted ? error_response(507, "no_room", problem.message) : error_response(problem);
}

error nameless() {
  return {errc::invalid_argument, "an upload needs a file name: ?name=..., or Content-Disposition"};
}

/// `receive_name(bytes, into)` reads the body into the upload and gives the name that is wanted for it.
template <class Receive>
http_response take_upload(route_call& call, Receive receive_name) {
  const auto& options = call.options();
  if (options.upload_dir.empty())
    return error_response(403, "not_allowed", "uploads are switched off in the configuration");
  const auto bytes = call.body.bytes();
  if (!bytes)
    return error_response(411, "length_required", "an upload needs a Content-Length");
  if (*bytes > options.max_upload_bytes)
    return error_response(
        413, "too_large",
        fmt::format("the upload has {} bytes; the configuration allows {}", *bytes, options.max_upload_bytes));
  if (*bytes == 0)
    return error_response(400, "invalid_argument", "the upload is empty");
  const auto place = call.uploads().take();
  if (!place)
    return error_response(503, "exhausted", "too many uploads at once; try again when one has ended");

  auto incoming = upload::begin(options.upload_dir, *bytes, call.at_once().least_free_bytes());
  if (!incoming)
    return upload_error(incoming.error());
  const auto wanted = receive_name(*bytes, *incoming);
  if (!wanted)
    return upload_error(wanted.error());
  const auto name = upload_name(*wanted);
  if (name.empty())
    return error_response(nameless());
  const auto path = incoming->finish(name);
  if (!path)
    return upload_error(path.error());
  auto job = call.in_turn([&](service& does) { return does.submit({.path = *path}); });
  if (job)
    incoming->keep();
  return created(job);
}

/// The body is the file.
http_response take_file(route_call& call) {
  return take_upload(call, [&](std::int64_t bytes, upload& into) -> expected<std::string> {
    auto name = wanted_name(call.request);
    if (upload_name(name).empty())
      return tl::unexpected{nameless()}; // before the first byte
    return receive(call.body, bytes, [&](auto piece) { return into.write(piece); }).map([&] {
      return std::move(name);
    });
  });
}

/// The body is a form with the file.
http_response take_form(route_call& call) {
  const auto form = multipart_file::of(call.request.header("content-type"));
  if (!form)
    return error_response(form.error());
  return take_upload(call, [&](std::int64_t bytes, upload& into) { return receive_form(call, *form, bytes, into); });
}

} // namespace

http_response list_jobs(route_call& call) {
  const auto filter = filter_of(call.request.query);
  if (!filter)
    return error_response(filter.error());
  const auto listing = call.in_turn([&](service& does) { return does.jobs(*filter); });
  return listing ? json_response(json_line(to_json(*listing, filter->limit))) : error_response(listing.error());
}

http_response submit_job(route_call& call) {
  const auto type = call.request.header("content-type");
  if (type == "application/octet-stream")
    return take_file(call);
  if (type.starts_with("multipart/form-data"))
    return take_form(call);
  auto text = json_body(call);
  if (!text)
    return std::move(text.error());
  const auto wanted = submission_from_json(*text);
  if (!wanted)
    return error_response(wanted.error());
  if (!wanted->path.starts_with('/') || wanted->path.find('\0') != std::string::npos)
    return error_response(400, "invalid_argument", "the path must be absolute");
  return created(call.in_turn([&](service& does) { return does.submit(*wanted); }));
}

http_response show_job(route_call& call) {
  auto document = call.in_turn([&](service& does) -> expected<std::string> {
    const auto job = does.job(call.numbers[0]);
    if (!job)
      return tl::unexpected{job.error()};
    const auto story = does.story(job->id);
    if (!story)
      return tl::unexpected{story.error()};
    auto json = to_json(*job, progress_of(does, *job));
    json["story"] = to_json(*story);
    return json_line(json);
  });
  return document ? json_response(std::move(*document)) : error_response(document.error());
}

http_response cancel_job(route_call& call) {
  return act(call, job_action::cancel);
}

http_response pause_job(route_call& call) {
  return act(call, job_action::pause);
}

http_response resume_job(route_call& call) {
  return act(call, job_action::resume);
}

http_response retry_job(route_call& call) {
  return act(call, job_action::retry);
}

http_response pause_queue(route_call& call) {
  return pause_all(call, true);
}

http_response resume_queue(route_call& call) {
  return pause_all(call, false);
}

} // namespace timeloom
