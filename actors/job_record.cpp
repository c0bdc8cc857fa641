#include "actors/job_record.hpp"

#include "timeline/merge.hpp"

#include <algorithm>

namespace timeloom {

job_record::job_record(std::vector<std::string> analyzers) : analyzers_(std::move(analyzers)) {}

bool job_record::begin_attempt() {
  if (attempt_ == max_attempts || (attempt_ > 0 && open_analyzers().empty()))
    return false;
  ++attempt_;
  std::erase_if(events_, [&](const event& found) { return !reports_.contains(found.analyzer); });
  if (!reports_.contains("scene_segmentation"))
    scenes_.clear();
  return true;
}

std::vector<std::string> job_record::open_analyzers() const {
  std::vector<std::string> open;
  for (const auto& id : analyzers_)
    if (!reports_.contains(id))
      open.push_back(id);
  return open;
}

void job_record::keep(const timeline& known) {
  for (const auto& report : known.analyzers) {
    reports_[report.id] = report;
    kept_.insert(report.id);
  }
  add(known.events);
  add(known.scenes);
  set_facts(known.media, known.made.libraries);
}

void job_record::add(std::vector<event> events) {
  std::move(events.begin(), events.end(), std::back_inserter(events_));
}

void job_record::add(std::vector<scene> scenes) {
  std::move(scenes.begin(), scenes.end(), std::back_inserter(scenes_));
}

void job_record::report(analyzer_report report) {
  report.attempt = attempt_;
  reports_[report.id] = std::move(report);
}

void job_record::lose(const std::vector<std::string>& analyzers, const std::string& reason) {
  for (const auto& id : analyzers)
    lost_[id] = reason;
}

expected<timeline> job_record::finish() && {
  timeline made;
  bool any_result = false;
  for (const auto& id : analyzers_) {
    auto report = reports_.find(id);
    if (report == reports_.end()) {
      analyzer_report failed;
      failed.id = id;
      failed.status = analyzer_status::failed;
      failed.attempt = attempt_;
      failed.reason = lost_.contains(id) ? fmt::format("{}; attempt {} of {}", lost_[id], attempt_, max_attempts)
                                         : "it was not run";
      made.analyzers.push_back(std::move(failed));
      continue;
    }
    auto& found = report->second;
    if (found.status == analyzer_status::done && facts_.decode_errors > 0 && !kept_.contains(id)) {
      found.status = analyzer_status::partial;
      found.reason = fmt::format("{} error{} in decoding, the first {}", facts_.decode_errors,
                                 facts_.decode_errors == 1 ? "" : "s",
                                 facts_.decode_notes.empty() ? "unknown" : facts_.decode_notes.front());
    }
    any_result |= found.status != analyzer_status::failed;
    made.analyzers.push_back(std::move(found));
  }
  if (!any_result)
    return fail(errc::worker_lost, "no analyzer gave a result: {}",
                made.analyzers.empty() ? "none was asked for" : made.analyzers.front().reason);
  std::erase_if(events_, [&](const event& found) { return !reports_.contains(found.analyzer); });
  if (!reports_.contains("scene_segmentation"))
    scenes_.clear();
  std::sort(scenes_.begin(), scenes_.end(), [](const scene& a, const scene& b) { return a.number < b.number; });
  made.media = std::move(facts_);
  made.made.libraries = std::move(libraries_);
  made.scenes = std::move(scenes_);
  made.events = merge(std::move(events_), analyzers_);
  return made;
}

} // namespace timeloom
