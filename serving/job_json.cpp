#include "serving/job_json.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

ordered_json time_or_null(wall_time time) {
  return time == wall_time{} ? ordered_json{} : ordered_json(rfc3339(time));
}

ordered_json to_json(const running_progress& progress) {
  return {{"attempt", progress.attempt},
          {"frames", progress.frames},
          {"seconds", progress.seconds},
          {"duration_s", progress.duration_s}};
}

// Throw what nlohmann::json throws when a member is missing or of another kind.

wall_time time_of(const ordered_json& json) {
  if (json.is_null())
    return {};
  const auto time = wall_time_from_rfc3339(json.get_ref<const std::string&>());
  if (!time)
    throw std::invalid_argument{"a time that is none"};
  return *time;
}

job_lane lane_of(const ordered_json& json) {
  const auto& name = json.get_ref<const std::string&>();
  if (const auto lane = job_lane_from_string(name))
    return *lane;
  throw std::invalid_argument{fmt::format("there is no lane \"{}\"; known are interactive and batch", name)};
}

job_state state_of(const std::string& name) {
  if (const auto state = job_state_from_string(name))
    return *state;
  throw std::invalid_argument{fmt::format("there is no state \"{}\"", name)};
}

running_progress progress_of(const ordered_json& json) {
  return {json.at("attempt"), json.at("frames"), json.at("seconds"), json.at("duration_s")};
}

job_report report_of(const ordered_json& json) {
  job_report report;
  auto& entry = report.entry;
  json.at("id").get_to(entry.id);
  json.at("path").get_to(entry.path);
  entry.lane = lane_of(json.at("lane"));
  entry.state = state_of(json.at("state"));
  json.at("reason").get_to(entry.reason);
  json.at("analyzers").get_to(entry.analyzers);
  json.at("attempts").get_to(entry.attempts);
  json.at("interruptions").get_to(entry.interruptions);
  entry.created = time_of(json.at("created"));
  entry.changed = time_of(json.at("changed"));
  entry.not_before = time_of(json.at("not_before"));
  json.at("sha256").get_to(entry.content_sha256);
  json.at("formats").get_to(entry.formats);
  if (const auto& of = json.at("result_of"); !of.is_null())
    entry.result_of = of.get<job_id>();
  json.at("moved_to").get_to(entry.moved_to);
  if (const auto& now = json.at("progress"); !now.is_null())
    report.progress = progress_of(now);
  if (json.contains("story"))
    for (const auto& step : json.at("story"))
      report.story.push_back({time_of(step.at("at")), step.at("what")});
  return report;
}

/// The one place where the library's exceptions end.
template <class Read>
auto read_json(std::string_view text, errc code, std::string_view what, Read read)
    -> expected<decltype(read(ordered_json{}))> {
  try {
    return read(ordered_json::parse(text));
  } catch (const std::exception& wrong) { // of the library, or from above
    return fail(code, "{} is not as it should be: {}", what, wrong.what());
  }
}

} // namespace

std::string rfc3339(wall_time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<wall_time> wall_time_from_rfc3339(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != form.size())
    return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
      return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + from, text.data() + from + digits, value);
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59)
    return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)} +
         std::chrono::seconds{number(17, 2)} + std::chrono::milliseconds{number(20, 3)};
}

ordered_json to_json(const job_entry& job, const std::optional<running_progress>& progress) {
  return {{"id", job.id},
          {"path", job.path},
          {"name", last_name(job.path)},
          {"lane", to_string(job.lane)},
          {"state", to_string(job.state)},
          {"reason", job.reason},
          {"analyzers", job.analyzers},
          {"attempts", job.attempts},
          {"interruptions", job.interruptions},
          {"created", rfc3339(job.created)},
          {"changed", rfc3339(job.changed)},
          {"not_before", time_or_null(job.not_before)},
          {"sha256", job.content_sha256},
          {"formats", job.formats},
          {"result_of", job.result_of ? ordered_json(*job.result_of) : ordered_json{}},
          {"moved_to", job.moved_to},
          {"progress", progress ? to_json(*progress) : ordered_json{}}};
}

ordered_json to_json(const std::vector<job_step>& story) {
  auto steps = ordered_json::array();
  for (const auto& step : story)
    steps.push_back({{"at", rfc3339(step.at)}, {"what", step.what}});
  return steps;
}

ordered_json to_json(const job_listing& listing, int limit) {
  auto jobs = ordered_json::array();
  for (const auto& job : listing.jobs) {
    const auto progress = listing.progress.find(job.id);
    jobs.push_back(to_json(job, progress == listing.progress.end() ? std::nullopt : std::optional{progress->second}));
  }
  auto counts = ordered_json::object();
  for (auto state = job_state::queued; state <= job_state::cancelled;
       state = static_cast<job_state>(static_cast<int>(state) + 1)) {
    const auto found = listing.counts.find(state);
    counts[std::string{to_string(state)}] = found == listing.counts.end() ? 0 : found->second;
  }
  const bool more = !listing.jobs.empty() && listing.jobs.size() >= static_cast<std::size_t>(limit);
  return {{"jobs", std::move(jobs)},
          {"counts", std::move(counts)},
          {"next", more ? ordered_json(listing.jobs.back().id) : ordered_json{}},
          {"paused", listing.paused},
          {"held", listing.held}};
}

std::string state_text(const job_entry& job, const std::optional<running_progress>& progress) {
  return json_line(to_json(job, progress));
}

std::string progress_text(job_id id, const running_progress& progress) {
  ordered_json json{{"id", id}};
  json.update(to_json(progress));
  return json_line(json);
}

std::string json_line(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

expected<job_report> job_from_json(std::string_view text) {
  return read_json(text, errc::protocol, "a job", report_of);
}

expected<std::pair<job_id, running_progress>> progress_from_json(std::string_view text) {
  return read_json(text, errc::protocol, "the progress of a job", [](const ordered_json& json) {
    return std::pair{json.at("id").get<job_id>(), progress_of(json)};
  });
}

expected<listing_report> listing_from_json(std::string_view text) {
  return read_json(text, errc::protocol, "a list of jobs", [](const ordered_json& json) {
    listing_report report;
    for (const auto& job : json.at("jobs"))
      report.jobs.push_back(report_of(job));
    for (const auto& [state, count] : json.at("counts").items())
      report.counts[state_of(state)] = count;
    if (const auto& next = json.at("next"); !next.is_null())
      report.next = next.get<job_id>();
    json.at("paused").get_to(report.paused);
    json.at("held").get_to(report.held);
    return report;
  });
}

expected<submission> submission_from_json(std::string_view text) {
  return read_json(text, errc::invalid_argument, "the body", [](const ordered_json& json) {
    submission wanted;
    json.at("path").get_to(wanted.path);
    for (const auto& [name, value] : json.items()) {
      if (name == "lane")
        wanted.lane = lane_of(value);
      else if (name == "analyzers")
        value.get_to(wanted.analyzers);
      else if (name != "path")
        throw std::invalid_argument{fmt::format("it has \"{}\"; known are path, lane and analyzers", name)};
    }
    return wanted;
  });
}

std::string to_json_text(const submission& wanted) {
  ordered_json json{{"path", wanted.path}, {"lane", to_string(wanted.lane)}};
  if (!wanted.analyzers.empty())
    json["analyzers"] = wanted.analyzers;
  return json_line(json);
}

} // namespace timeloom
