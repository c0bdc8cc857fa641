/// What a job knows about its video: which analyzers have a result, what they found, what went wrong.
///
/// A plain class: the job actor asks it what to run next and, at the end, for the timeline.
#pragma once

#include "core/error.hpp"
#include "timeline/timeline.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace timeloom {

class job_record {
public:
  /// Whose doing it was that a worker was lost.
  enum class blame : std::uint8_t {
    own,    ///< it worked on nothing but this video
    unknown ///< on others as well, or on nothing; or its GPU was lost
  };

  /// A video is tried this often when workers are lost over it,
  static constexpr int max_attempts = 2;
  /// and this often more when nobody knows over what.
  static constexpr int max_free_attempts = 8;

  /// `analyzers` are catalog ids in catalog order. With `known` scenes, nobody looks for them.
  explicit job_record(std::vector<std::string> analyzers, std::vector<scene> known = {});

  int attempt() const { return attempt_; }

  /// Begins the next attempt, with its first stage in which there is something to run; finds of analyzers without a
  /// report are forgotten. False when no attempt is left, or nothing to run.
  bool begin_attempt();

  /// Begins the second stage of the attempt: the analyzers that need scenes. False when it has begun, when there are
  /// no scenes, or nobody who needs them.
  bool begin_scenes();
  bool is_at_scenes() const { return at_scenes_; }

  /// Analyzers without a report, in catalog order: what the current stage runs.
  std::vector<std::string> open_analyzers() const;

  /// The scenes found so far, in order.
  std::vector<scene> scenes() const;

  /// Takes over what `known`, a timeline of the same content, has: its analyzers have their reports then, and are not
  /// run. Its facts stand until others are set.
  void keep(const timeline& known);

  /// Finds of the current attempt.
  void add(std::vector<event> events);
  void add(std::vector<scene> scenes);
  /// Of what read the whole video: those of a second stage are dropped.
  void set_facts(media_facts facts, std::vector<std::string> libraries);

  /// The analyzer is through.
  void report(analyzer_report report);

  /// A worker died under these analyzers: they stay open, and `reason` is given when no attempt is left. The attempt is
  /// free of charge when all that it lost was of unknown blame.
  void lose(const std::vector<std::string>& analyzers, const std::string& reason, blame whose = blame::own);

  /// The whole timeline. What is still open is `failed` with the reason it was lost for; with decode errors, what is
  /// done is `partial`. Fails when every analyzer failed.
  expected<timeline> finish() &&;

private:
  bool has_scenes() const;

  std::vector<std::string> analyzers_;
  std::map<std::string, analyzer_report> reports_;
  std::set<std::string> kept_;              // of them those that are not of this analysis
  std::map<std::string, std::string> lost_; // reason by analyzer
  std::vector<event> events_;
  std::vector<scene> scenes_;
  media_facts facts_;
  std::vector<std::string> libraries_; // that decoded
  bool scenes_known_ = false;          // from the start
  bool at_scenes_ = false;
  int attempt_ = 0;
  int free_attempts_ = 0;             // of those that are over
  std::optional<blame> attempt_lost_; // what the current one lost
};

} // namespace timeloom
