#include "analyzers/gradual_transitions.hpp"

#include "analyzers/block_matching.hpp"
#include "analyzers/shot_similarity.hpp"
#include "analyzers/wipe_fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace timeloom {
namespace {

enum class blankness : std::uint8_t { picture, black, white };

bool empty(const shot_picture& picture) {
  return picture.deviation < 10 && picture.detail < 1.5F;
}

/// Whether next to nothing is left to see: one tone near black or white (a caption may stand on it), or a faint trace
/// of `other`.
blankness blank(const shot_picture& picture, const shot_picture& other) {
  const bool faint = picture.deviation < 0.2F * other.deviation && picture.detail < 0.4F * other.detail;
  if ((empty(picture) && picture.mean < 28) || (faint && picture.mean < 48 && picture.mean < 0.35F * other.mean))
    return blankness::black;
  if ((empty(picture) && picture.mean > 227) || (faint && picture.mean > 215))
    return blankness::white;
  return blankness::picture;
}

/// The largest residual of a mixture; that of a wipe is 1/6 on average.
constexpr double loosest_mixture = 0.11;

transition_kind mixture_kind(const shot_picture& from, const shot_picture& to) {
  const blankness first = blank(from, to);
  const blankness last = blank(to, from);
  if (first == last)
    return transition_kind::dissolve;
  if (last == blankness::picture || (first == blankness::black && last == blankness::white))
    return transition_kind::fade_in;
  return transition_kind::fade_out;
}

/// A change of light can look like a mixture, but shows the same things at both ends.
bool same_tones(const shot_picture& a, const shot_picture& b) {
  return histogram_distance(a, b) < 0.06 || tone_agreement(a, b) > 0.85;
}

bool same_structure(double agreement, double distance) {
  return agreement > 0.85 || (agreement > 0.65 && distance < 0.2);
}

/// The share of the edges of `middle` that a weighted sum of those of `a` and `b` explains, in [0, 1].
double edges_explained(const shot_picture& a, const shot_picture& b, const shot_picture& middle) {
  constexpr int width = shot_picture::half_width;
  double aa = 0;
  double bb = 0;
  double ab = 0;
  double am = 0;
  double bm = 0;
  double mm = 0;
  for (int y = 0; y + 1 < shot_picture::half_height; ++y) {
    for (int x = 0; x + 1 < width; ++x) {
      const auto at = static_cast<std::size_t>(y * width + x);
      for (const std::size_t next : {at + 1, at + width}) {
        const double ea = a.half[next] - a.half[at];
        const double eb = b.half[next] - b.half[at];
        const double em = middle.half[next] - middle.half[at];
        aa += ea * ea;
        bb += eb * eb;
        ab += ea * eb;
        am += ea * em;
        bm += eb * em;
        mm += em * em;
      }
    }
  }
  const double determinant = aa * bb - ab * ab + 1;
  const double from_a = (am * bb - bm * ab) / determinant;
  const double from_b = (bm * aa - am * ab) / determinant;
  return (from_a * am + from_b * bm) / (mm + 1);
}

/// A slow move of the camera looks like a mixture at low resolution, but what is in the middle is found again at both
/// ends.
bool seen_throughout(const shot_picture& a, const shot_picture& b, const shot_picture& middle) {
  return structural_agreement(a, middle) > 0.85 && structural_agreement(middle, b) > 0.85;
}

/// Whether what there is to see pales or darkens where it is, rather than moves out of an empty picture.
bool fade_stands(const picture_history& history, const gradual_span& span) {
  const shot_picture& from = history[span.first - 1];
  const shot_picture& to = history[span.last + 1];
  return empty(from) || empty(to) || edges_explained(from, to, history[(span.first + span.last) / 2]) > 0.15;
}

bool steady_front(const wipe_fit& fit) {
  return fit.residual < 0.05 && fit.disorder < 0.1;
}

/// Whether a front with a shot of its own on each side crossed the picture. A move of the camera leaves nothing at rest
/// beside the front; a passing object is seen before the front comes, and its edges come back.
bool wipe_stands(const picture_history& history, const gradual_span& span, const wipe_fitter& fitter) {
  const wipe_fit& fit = fitter.fit();
  constexpr int shortest_wipe = 6;
  if (fit.changed < 0.4 || !steady_front(fit) || span.last - span.first + 1 < shortest_wipe)
    return false;
  const wipe_evidence evidence = fitter.weigh();
  const double doubt = evidence.unrest + 4 * fit.disorder - 0.7 * evidence.novelty + std::max(0.0, 0.8 - fit.changed);
  if (doubt > 0.5 || evidence.novelty + fit.changed < 1.15)
    return false;
  const shot_picture& from = history[span.first - 1];
  const shot_picture& to = history[span.last + 1];
  return !same_structure(structural_agreement(from, to), histogram_distance(from, to));
}

/// Whether one shot was mixed into another: the edges of both show in the middle, nothing that moved explains what is
/// new, and little of the picture stays, as it would behind a title. The cheap looks come first.
bool mixture_stands(const picture_history& history, const gradual_span& span, double residual,
                    const wipe_fitter& fitter) {
  const shot_picture& from = history[span.first - 1];
  const shot_picture& to = history[span.last + 1];
  const shot_picture& middle = history[(span.first + span.last) / 2];
  const double edges = edges_explained(from, to, middle);
  if (edges < 0.3)
    return false;
  const double distance = histogram_distance(from, to);
  const double kept = 1 - novelty(from, to);
  const auto resembling = [&](double agreement) { return agreement - 0.45 + 1.5 * kept > 1.2 * distance; };
  if (resembling(0))
    return false;
  const double clarity = 1 - residual / 0.06;
  if (fitter.weigh().novelty + 0.5 * clarity + 0.5 * edges < 0.95)
    return false;
  const double agreement = structural_agreement(from, to);
  return !resembling(agreement) && !same_structure(agreement, distance) && !seen_throughout(from, to, middle);
}

} // namespace

double gradual_finder::product(std::int64_t a, std::int64_t b) const {
  return products_[static_cast<std::size_t>(a % capacity)][static_cast<std::size_t>(b % capacity)];
}

double gradual_finder::distance(std::int64_t a, std::int64_t b) const {
  return product(a, a) + product(b, b) - 2 * product(a, b);
}

gradual_finder::fit gradual_finder::fit_window(std::int64_t first, std::int64_t last) const {
  fit result;
  result.distance = distance(first, last);
  const double base = product(first, last) - product(first, first);
  const auto length = static_cast<double>(last - first);
  double previous = 0;
  for (std::int64_t t = first + 1; t < last; ++t) {
    const double along = (product(t, last) - product(t, first) - base) / result.distance;
    const double residual = std::max(0.0, distance(t, first) / result.distance - along * along);
    result.residual += residual / (length - 1);
    result.bend = std::max(result.bend, std::abs(along - static_cast<double>(t - first) / length));
    result.step = std::max(result.step, along - previous);
    previous = along;
    if (result.bend > 0.3 || result.step > 0.4)
      return result;
  }
  result.step = std::max(result.step, 1 - previous);
  return result;
}

std::optional<gradual_span> gradual_finder::best_ending_at(const picture_history& history, std::int64_t last,
                                                           std::int64_t newest, int least) const {
  // 8 grey levels on average.
  constexpr double least_distance = 64.0 * shot_picture::mix_size * 0.5;
  const std::int64_t oldest = std::max<std::int64_t>(0, newest - capacity + 1);
  std::vector<gradual_span> candidates;
  for (int length = least; length <= longest; ++length) {
    const std::int64_t first = last - length;
    if (first < oldest)
      break;
    if (distance(first, last) < least_distance)
      continue;
    const fit found = fit_window(first, last);
    if (found.bend > 0.25 || found.step > 0.36 || found.residual > 0.3)
      continue;
    const int margin = std::clamp(length / 3, 2, 8);
    const std::int64_t before = std::max(oldest, first - margin);
    const std::int64_t after = std::min(newest, last + margin);
    const double drift = std::max(distance(before, first), distance(last, after)) / found.distance;
    if (drift > 0.3)
      continue;
    // What the picture changes by, less what speaks against a steady mixture between two quiet ends.
    const double size = std::sqrt(found.distance / shot_picture::mix_size);
    const double steadiness = (1 - found.bend / 0.3) * (1 - drift / 0.4);
    gradual_span span;
    span.first = first + 1;
    span.last = last - 1;
    if (found.residual < loosest_mixture) {
      const double clarity = 1 - found.residual / loosest_mixture;
      span.kind = mixture_kind(history[first], history[last]);
      span.score = clarity * (1 - found.bend / 0.5) * (1 - drift / 0.6);
      span.weight = size * (0.3 + 0.7 * clarity) * steadiness;
    } else {
      span.kind = transition_kind::wipe;
      span.score = 0.5 * (1 - found.bend / 0.5) * (1 - drift / 0.6);
      span.weight = 0.9 * size * steadiness;
    }
    candidates.push_back(span);
  }
  // The best that stands the closer look; the others are nearly the same window.
  constexpr int most_tries = 3;
  for (int tries = 0; tries < most_tries && !candidates.empty(); ++tries) {
    const auto best = std::max_element(candidates.begin(), candidates.end(),
                                       [](const auto& a, const auto& b) { return a.weight < b.weight; });
    gradual_span span = *best;
    candidates.erase(best);
    // The heavier of two that overlap is kept in the end.
    if (best_ && span.first <= best_->last && span.weight <= best_->weight)
      break;
    if (span.kind == transition_kind::fade_in || span.kind == transition_kind::fade_out) {
      if (fade_stands(history, span))
        return span;
      continue;
    }
    if (same_tones(history[span.first - 1], history[span.last + 1]))
      continue;
    const double residual = fit_window(span.first - 1, span.last + 1).residual;
    const wipe_fitter fitter(history, span.first - 1, span.last + 1);
    const wipe_fit& wipe = fitter.fit();
    if (span.kind == transition_kind::wipe || (wipe.residual < 0.6 * residual && steady_front(wipe))) {
      span.kind = transition_kind::wipe;
      if (wipe_stands(history, span, fitter))
        return span;
    } else if (mixture_stands(history, span, residual, fitter)) {
      // A front of many soft samples is near a mixture at each place, but not at the same time in all.
      if (wipe.spread > 0.1 && wipe.disorder < 0.45 * wipe.spread && wipe.residual < 0.068)
        span.kind = transition_kind::wipe;
      return span;
    }
  }
  return std::nullopt;
}

std::optional<gradual_span> gradual_finder::push(const picture_history& history, int least) {
  const std::int64_t newest = history.count() - 1;
  const shot_picture& picture = history[newest];
  auto& row = products_[static_cast<std::size_t>(newest % capacity)];
  const std::int64_t oldest = std::max<std::int64_t>(0, newest - longest - 2 * lookahead);
  for (std::int64_t other = oldest; other <= newest; ++other) {
    const shot_picture& with = history[other];
    std::int32_t sum = 0;
    for (std::size_t n = 0; n < picture.mix.size(); ++n)
      sum += picture.mix[n] * with.mix[n];
    row[static_cast<std::size_t>(other % capacity)] = sum;
    products_[static_cast<std::size_t>(other % capacity)][static_cast<std::size_t>(newest % capacity)] = sum;
  }
  const std::int64_t last = newest - lookahead;
  std::optional<gradual_span> found;
  if (last >= least)
    found = best_ending_at(history, last, newest, least);
  if (found)
    best_ = found;
  return found;
}

std::vector<gradual_span> gradual_finder::finish(const picture_history& history, int least) {
  std::vector<gradual_span> found;
  const std::int64_t newest = history.count() - 1;
  for (std::int64_t last = std::max<std::int64_t>(least, newest - lookahead + 1); last <= newest; ++last)
    if (auto span = best_ending_at(history, last, newest, least))
      found.push_back(*span);
  return found;
}

} // namespace timeloom
