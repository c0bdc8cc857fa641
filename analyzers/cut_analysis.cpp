#include "analyzers/cut_analysis.hpp"

#include "analyzers/shot_similarity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace timeloom {
namespace {

constexpr int surroundings = 6;
constexpr int lookahead = 16;
/// Frames from the first of a span that `gradual_finder` gives to the one at which it does, and some more.
constexpr int quick_lag = 100;

} // namespace

cut_detector::cut_detector(cut_options options) : options_(options) {}

const unexplained_change& cut_detector::change_at(std::int64_t frame) const {
  return changes_[static_cast<std::size_t>(frame % picture_history::capacity)];
}

/// Whether the change at `frame` begins or ends a few frames of glare, on both sides of which the same is seen.
bool cut_detector::within_flash(std::int64_t frame, std::int64_t newest) const {
  constexpr int longest_flash = 8;
  const auto glare = [&](std::int64_t first, std::int64_t last) {
    const shot_picture& before = history_[first - 1];
    const shot_picture& after = history_[last + 1];
    for (std::int64_t t = first; t <= last; ++t)
      if (history_[t].mean < std::max(before.mean, after.mean) + 12)
        return false;
    return histogram_distance(before, after) < 0.12 &&
           (histogram_distance(before, after) < 0.03 || structural_agreement(before, after) > 0.85);
  };
  for (int length = 1; length <= longest_flash; ++length) {
    if (frame + length <= newest && glare(frame, frame + length - 1))
      return true;
    if (frame - length >= 1 && glare(frame - length, frame - 1))
      return true;
  }
  return false;
}

void cut_detector::judge(std::int64_t frame, std::int64_t newest) {
  const unexplained_change& change = change_at(frame);
  if (change.share < 0.2 || change.levels < 1.5)
    return;
  // Shares saturate; the levels order what is saturated.
  const auto strength = [](const unexplained_change& of) { return of.share + of.levels / 64; };
  std::array<double, 2 * surroundings> shares{};
  std::array<double, 2 * surroundings> levels{};
  std::size_t known = 0;
  for (std::int64_t other = frame - surroundings; other <= frame + surroundings; ++other) {
    if (other == frame || other < 1 || other > newest)
      continue;
    const unexplained_change& near = change_at(other);
    if (2 * near.share > change.share && within_flash(other, newest))
      continue;
    shares[known] = near.share;
    levels[known] = near.levels;
    ++known;
    if (std::abs(other - frame) <= 2 && strength(near) > strength(change))
      return;
  }
  // Two more cuts may lie within the surroundings; at the ends of the stream there are fewer frames.
  const std::size_t rank = known / 5;
  std::sort(shares.begin(), shares.end(), std::greater<>()); // what is not known is 0 and comes last
  std::sort(levels.begin(), levels.end(), std::greater<>());
  const double usual_share = std::min(1.0, shares[rank] / change.share);
  const double usual_levels = std::min(1.0, levels[rank] / change.levels);

  double agreement = 0;
  double tone = 0;
  double distance = 1;
  // The log odds of a cut. Weights of a logistic model, fitted on clips of bench/shot_accuracy and rounded; every
  // further pair of frames can only lower it.
  const auto evidence = [&] {
    return 5 * (change.share - 0.45) - 4.5 * std::max(0.0, usual_share - 0.55) -
           10 * std::max(0.0, usual_levels - 0.3) - 7 * (agreement - 0.72) - 14 * std::max(0.0, tone - 0.85) +
           6 * (std::min(distance, 0.5) - 0.15) + 0.6 * std::min(0.0, change.levels - 6) -
           100 * std::max(0.0, 0.03 - distance) - 0.3;
  };
  const double least = std::log(options_.least_score / (1 - options_.least_score));
  const std::int64_t earliest = std::max<std::int64_t>(0, frame - 3);
  const std::int64_t latest = std::min(newest, frame + 2);
  for (std::int64_t before = frame - 1; before >= earliest; --before) {
    for (std::int64_t after = frame; after <= latest; ++after) {
      distance = std::min(distance, histogram_distance(history_[before], history_[after]));
      if (evidence() < least)
        return;
      tone = std::max(tone, tone_agreement(history_[before], history_[after]));
      if (evidence() < least)
        return;
      agreement = std::max(agreement, structural_agreement(history_[before], history_[after]));
      if (evidence() < least)
        return;
    }
  }
  if (within_flash(frame, newest))
    return;
  transition cut;
  cut.first = cut.last = history_[frame].at;
  cut.score = 1 / (1 + std::exp(-evidence()));
  cuts_.push_back(cut);
}

std::vector<transition> cut_detector::push(const small_frame& frame) {
  const std::int64_t newest = history_.count();
  shot_picture& picture = history_.next();
  reduce(frame, picture);
  positions_[static_cast<std::size_t>(newest) % positions_.size()] = picture.at;
  changes_[static_cast<std::size_t>(newest % picture_history::capacity)] =
      newest == 0 ? unexplained_change{} : matcher_.compare(history_[newest - 1], picture);
  if (options_.gradual) {
    if (auto span = gradual_.push(history_))
      spans_.push_back(*span);
    for (const gradual_span& span : slow_.push(picture, newest))
      spans_.push_back(span);
  }
  for (; judged_ + lookahead <= newest; ++judged_)
    judge(judged_, newest);
  const std::int64_t quick = newest - quick_lag + 1;
  return settle(options_.gradual ? std::min(quick, slow_.settled()) : quick);
}

std::vector<transition> cut_detector::finish() {
  const std::int64_t count = history_.count();
  if (options_.gradual && count > 0) {
    for (const gradual_span& span : gradual_.finish(history_))
      spans_.push_back(span);
    for (const gradual_span& span : slow_.finish())
      spans_.push_back(span);
  }
  for (; judged_ < count; ++judged_)
    judge(judged_, count - 1);
  return settle(count);
}

/// Gives what begins before `end`, in which no later frame can change anything.
std::vector<transition> cut_detector::settle(std::int64_t end) {
  std::vector<transition> given;
  if (end <= 0)
    return given;
  const auto overlap = [](const gradual_span& a, const gradual_span& b) {
    return a.first <= b.last && b.first <= a.last;
  };
  for (;;) {
    const auto earliest =
        std::min_element(spans_.begin(), spans_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (earliest == spans_.end() || earliest->first >= end)
      break;
    // Of the spans that overlap the earliest the heaviest stays; when that is another, the earliest goes.
    const gradual_span span = *earliest;
    if (span.first <= last_given_) {
      spans_.erase(earliest);
      continue;
    }
    const bool heaviest = std::none_of(spans_.begin(), spans_.end(), [&](const auto& other) {
      return overlap(span, other) && other.weight > span.weight;
    });
    if (!heaviest) {
      spans_.erase(earliest);
      continue;
    }
    std::erase_if(spans_, [&](const auto& other) { return overlap(span, other); });
    last_given_ = span.last;
    transition change;
    change.kind = span.kind;
    change.first = position_of(span.first);
    change.last = position_of(span.last);
    // A wipe moves on a little in each frame; where one of them cuts, a move of the camera had looked like it. Nor does
    // a long mixture cut.
    if ((span.kind == transition_kind::wipe || span.last - span.first >= gradual_finder::longest) &&
        std::any_of(cuts_.begin(), cuts_.end(), [&](const transition& cut) {
          return cut.score > 0.9 && cut.first.index > change.first.index && cut.first.index <= change.last.index;
        }))
      continue;
    change.score = std::clamp(span.score, 0.0, 1.0);
    std::erase_if(cuts_, [&](const transition& cut) {
      return cut.first.index >= change.first.index && cut.first.index <= change.last.index + 1;
    });
    given.push_back(change);
  }
  const std::int64_t before = end < history_.count() ? position_of(end).index : position_of(end - 1).index + 1;
  std::erase_if(cuts_, [&](const transition& cut) {
    if (cut.first.index >= before)
      return false;
    given.push_back(cut);
    return true;
  });
  std::sort(given.begin(), given.end(), [](const transition& a, const transition& b) { return a.first < b.first; });
  settled_ = before;
  return given;
}

} // namespace timeloom
