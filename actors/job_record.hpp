/// What a job knows about its video: which analyzers have a result, what they found, what went wrong.
///
/// A plain class: the job actor asks it what to run next and, at the end, for the timeline.
#pragma once

#include "core/error.hpp"
#include "timeline/timeline.hpp"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace timeloom {

class job_record {
public:
  /// A video is tried this often when workers are lost.
  static constexpr int max_attempts = 2;

  /// `analyzers` are catalog ids in catalog order.
  explicit job_record(std::vector<std::string> analyzers);

  int attempt() const { return attempt_; }

  /// Begins the next attempt; finds of analyzers without a report are forgotten. False when none is left, or every
  /// analyzer has a report.
  bool begin_attempt();

  /// Analyzers without a report, in catalog order: what the current attempt runs.
  std::vector<std::string> open_analyzers() const;

  /// Takes over what `known`, a timeline of the same content, has: its analyzers have their reports then, and are not
  /// run. Its facts stand until others are set.
  void keep(const timeline& known);

  /// Finds of the current attempt.
  void add(std::vector<event> events);
  void add(std::vector<scene> scenes);
  void set_facts(media_facts facts, std::vector<std::string> libraries) {
    facts_ = std::move(facts);
    libraries_ = std::move(libraries);
  }

  /// The analyzer is through.
  void report(analyzer_report report);

  /// A worker died under these analyzers: they stay open, and `reason` is given when no attempt is left.
  void lose(const std::vector<std::string>& analyzers, const std::string& reason);

  /// The whole timeline. What is still open is `failed` with the reason it was lost for; with decode errors, what is
  /// done is `partial`. Fails when every analyzer failed.
  expected<timeline> finish() &&;

private:
  std::vector<std::string> analyzers_;
  std::map<std::string, analyzer_report> reports_;
  std::set<std::string> kept_;              // of them those that are not of this analysis
  std::map<std::string, std::string> lost_; // reason by analyzer
  std::vector<event> events_;
  std::vector<scene> scenes_;
  media_facts facts_;
  std::vector<std::string> libraries_; // that decoded
  int attempt_ = 0;
};

} // namespace timeloom
