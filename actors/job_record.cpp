#include "actors/job_record.hpp"

#include "analyzers/catalog.hpp"
#include "timeline/merge.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

namespace {

bool needs_scenes(const std::string& id) {
  const auto* description = find_analyzer(id);
  return description != nullptr && description->at_scenes;
}

} // namespace

job_record::job_record(std::vector<std::string> analyzers, std::vector<scene> known)
    : analyzers_(std::move(analyzers)), scenes_(std::move(known)), scenes_known_(!scenes_.empty()) {}

bool job_record::has_scenes() const {
  const auto found = reports_.find(std::string{scene_analyzer});
  return !scenes_.empty() &&
         (scenes_known_ || (found != reports_.end() && (found->second.status == analyzer_status::done ||
                                                        found->second.status == analyzer_status::partial)));
}

bool job_record::begin_attempt() {
  at_scenes_ = false;
  const bool reads_all = attempt_ == 0 && !scenes_known_; // even if only for the facts
  if (!reads_all && open_analyzers().empty() && !begin_scenes())
    return false;
  if (std::exchange(attempt_lost_, {}) == blame::unknown && free_attempts_ < max_free_attempts)
    ++free_attempts_;
  if (attempt_ == max_attempts + free_attempts_)
    return false;
  ++attempt_;
  std::erase_if(events_, [&](const event& found) { return !reports_.contains(found.analyzer); });
  if (!has_scenes())
    scenes_.clear();
  return true;
}

bool job_record::begin_scenes() {
  return !std::exchange(at_scenes_, true) && !open_analyzers().empty();
}

std::vector<std::string> job_record::open_analyzers() const {
  std::vector<std::string> open;
  for (const auto& id : analyzers_)
    if (!reports_.contains(id) && needs_scenes(id) == at_scenes_ && (!at_scenes_ || has_scenes()))
      open.push_back(id);
  return open;
}

std::vector<scene> job_record::scenes() const {
  auto ordered = scenes_;
  std::sort(ordered.begin(), ordered.end(), [](const scene& a, const scene& b) { return a.number < b.number; });
  return ordered;
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

void job_record::set_facts(media_facts facts, std::vector<std::string> libraries) {
  if (at_scenes_ && !scenes_known_)
    return;
  facts_ = std::move(facts);
  libraries_ = std::move(libraries);
}

void job_record::report(analyzer_report report) {
  report.attempt = attempt_;
  reports_[report.id] = std::move(report);
}

void job_record::lose(const std::vector<std::string>& analyzers, const std::string& reason, blame whose) {
  attempt_lost_ = std::min(attempt_lost_.value_or(whose), whose);
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
      failed.reason = lost_.contains(id)
                          ? fmt::format("{}; attempt {} of {}", lost_[id], attempt_, max_attempts + free_attempts_)
                      : needs_scenes(id) ? "it was not run: no scenes were found"
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
  if (!has_scenes())
    scenes_.clear();
  made.media = std::move(facts_);
  made.made.libraries = std::move(libraries_);
  made.scenes = scenes();
  made.events = merge(std::move(events_), analyzers_);
  return made;
}

} // namespace timeloom
