/// Jobs as JSON, as docs/openapi.json describes them, and back for whoever asked over HTTP. Plain functions; any
/// thread.
///
/// Paths are bytes and JSON is UTF-8: what is not becomes U+FFFD. Times are RFC 3339 in UTC with milliseconds.
#pragma once

#include "core/error.hpp"
#include "serving/service.hpp"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace timeloom {

/// "2026-11-21T09:01:25.123Z"
std::string rfc3339(wall_time time);
std::optional<wall_time> wall_time_from_rfc3339(std::string_view text);

/// `progress` of null where none is given.
nlohmann::ordered_json to_json(const job_entry& job, const std::optional<running_progress>& progress);
nlohmann::ordered_json to_json(const std::vector<job_step>& story);
/// "next" is the id to ask for as "before" to get older ones: given when as many came as `limit`.
nlohmann::ordered_json to_json(const job_listing& listing, int limit);

/// The data of feed items of the kinds `state` and `progress`.
std::string state_text(const job_entry& job, const std::optional<running_progress>& progress);
std::string progress_text(job_id id, const running_progress& progress);

/// On one line; ill-formed UTF-8 becomes U+FFFD.
std::string json_line(const nlohmann::ordered_json& json);

/// What a client gets to know of a job. Its version, and where its result lies, stay with the daemon.
struct job_report {
  job_entry entry;
  std::optional<running_progress> progress;
  std::vector<job_step> story;
};
expected<job_report> job_from_json(std::string_view text);

/// What `progress_text` gave.
expected<std::pair<job_id, running_progress>> progress_from_json(std::string_view text);

struct listing_report {
  std::vector<job_report> jobs;
  std::map<job_state, std::int64_t> counts;
  std::optional<job_id> next;
  bool paused = false;
  std::string held;
};
expected<listing_report> listing_from_json(std::string_view text);

/// The body of POST /v1/jobs: {"path", "lane"?, "analyzers"?}. Fails with `invalid_argument` for other members.
expected<submission> submission_from_json(std::string_view text);
std::string to_json_text(const submission& wanted);

} // namespace timeloom
