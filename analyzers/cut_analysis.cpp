#include "analyzers/cut_analysis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>

namespace timeloom {
namespace {

constexpr int surroundings = 6;
constexpr int lookahead = 12;

} // namespace

cut_detector::cut_detector(cut_options options) : options_(options) {}

double cut_detector::change_at(std::int64_t frame) const {
  return changes_[static_cast<std::size_t>(frame % picture_history::capacity)];
}

void cut_detector::judge(std::int64_t frame, std::int64_t newest) {
  const double change = change_at(frame);
  if (change < 0.15)
    return;
  std::array<double, 2 * surroundings> around{};
  double near = 0;
  std::size_t known = 0;
  for (std::int64_t other = frame - surroundings; other <= frame + surroundings; ++other) {
    if (other == frame || other < 1 || other > newest)
      continue;
    const double value = change_at(other);
    around[known++] = value;
    if (std::abs(other - frame) <= 2) {
      if (value > change || (value == change && other < frame))
        return;
      near = std::max(near, value);
    }
  }
  std::sort(around.begin(), around.end(), std::greater<>());
  const double usual = around[2];
  double agreement = 0;
  double likeness = 1;
  const std::int64_t earliest = std::max<std::int64_t>(0, frame - 3);
  const std::int64_t latest = std::min(newest, frame + 2);
  for (std::int64_t before = earliest; before < frame; ++before) {
    for (std::int64_t after = frame; after <= latest; ++after) {
      agreement = std::max(agreement, structural_agreement(history_[before], history_[after]));
      likeness = std::min(likeness, histogram_distance(history_[before], history_[after]));
    }
  }
#ifdef CUTS_TRACE
  std::printf("T %lld change %.3f near %.3f usual %.3f agree %.3f agree0 %.3f hist %.3f hist0 %.3f mean %.1f %.1f dev "
              "%.1f %.1f\n",
              (long long)frame, change, near, usual, agreement,
              structural_agreement(history_[frame - 1], history_[frame]), likeness,
              histogram_distance(history_[frame - 1], history_[frame]), history_[frame - 1].mean, history_[frame].mean,
              history_[frame - 1].deviation, history_[frame].deviation);
#endif
  const double evidence =
      6 * (change - 0.45) - 5 * std::max(0.0, usual / change - 0.5) - 8 * (agreement - 0.6) + 4 * (likeness - 0.15);
  const double score = 1 / (1 + std::exp(-evidence));
  if (score < options_.least_score)
    return;
  transition cut;
  cut.first = cut.last = history_[frame].at;
  cut.score = score;
  cuts_.push_back(cut);
}

std::vector<transition> cut_detector::push(const small_frame& frame) {
  const std::int64_t newest = history_.count();
  shot_picture& picture = history_.next();
  reduce(frame, picture);
  changes_[static_cast<std::size_t>(newest % picture_history::capacity)] =
      newest == 0 ? 0 : matcher_.unexplained(history_[newest - 1], picture);
  if (options_.gradual)
    if (auto span = gradual_.push(history_))
      spans_.push_back(*span);
  for (; judged_ + lookahead <= newest; ++judged_)
    judge(judged_, newest);
  return settle(newest - lag + 1);
}

std::vector<transition> cut_detector::finish() {
  const std::int64_t count = history_.count();
  if (options_.gradual && count > 0)
    for (const gradual_span& span : gradual_.finish(history_))
      spans_.push_back(span);
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
    const bool heaviest = std::none_of(spans_.begin(), spans_.end(), [&](const auto& other) {
      return overlap(span, other) && other.weight > span.weight;
    });
    if (!heaviest) {
      spans_.erase(earliest);
      continue;
    }
    std::erase_if(spans_, [&](const auto& other) { return overlap(span, other); });
    transition change;
    change.kind = span.kind;
    change.first = history_[span.first].at;
    change.last = history_[span.last].at;
    change.score = std::clamp(span.score, 0.0, 1.0);
    std::erase_if(cuts_, [&](const transition& cut) {
      return cut.first.index >= change.first.index && cut.first.index <= change.last.index + 1;
    });
    given.push_back(change);
  }
  const std::int64_t before = end < history_.count() ? history_[end].at.index : history_[end - 1].at.index + 1;
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
