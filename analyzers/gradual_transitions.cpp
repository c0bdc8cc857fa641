#include "analyzers/gradual_transitions.hpp"

#include "analyzers/shot_similarity.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace timeloom {
namespace {

enum class blankness : std::uint8_t { picture, black, white };

/// Whether next to nothing is left to see: one tone near black or white (a caption may stand on it), or a faint trace
/// of `other`.
blankness blank(const shot_picture& picture, const shot_picture& other) {
  const bool empty = picture.deviation < 10 && picture.detail < 1.5F;
  const bool faint = picture.deviation < 0.2F * other.deviation && picture.detail < 0.4F * other.detail;
  if ((empty && picture.mean < 28) || (faint && picture.mean < 48 && picture.mean < 0.35F * other.mean))
    return blankness::black;
  if ((empty && picture.mean > 227) || (faint && picture.mean > 215))
    return blankness::white;
  return blankness::picture;
}

struct wipe_fit {
  double residual = 1; ///< of the best jump at each place, over that of no jump at the best single time
  double changed = 0;  ///< share of the places that differ between both ends
  double disorder = 1; ///< mean difference of the jump times of neighbours, over the length
};

/// Fits a jump from A to B to each place of the small luma plane over the frames first..last.
wipe_fit fit_wipe(const picture_history& history, std::int64_t first, std::int64_t last) {
  constexpr int width = shot_picture::small_width;
  constexpr int height = shot_picture::small_height;
  const auto length = static_cast<int>(last - first);
  const auto sample = [&](std::int64_t frame, int place) {
    return static_cast<int>(history[frame].mix[static_cast<std::size_t>(place)]);
  };
  std::array<int, static_cast<std::size_t>(width) * height> jump{};
  double left = 0;
  double whole = 0;
  int changed = 0;
  for (int place = 0; place < width * height; ++place) {
    const int a = sample(first, place);
    const int b = sample(last, place);
    jump[static_cast<std::size_t>(place)] = -1;
    if (std::abs(b - a) < 12)
      continue;
    ++changed;
    // cost(k): frames before k cost their distance to A, the others theirs to B.
    std::int64_t cost = 0;
    for (std::int64_t t = first; t <= last; ++t)
      cost += (sample(t, place) - b) * (sample(t, place) - b);
    std::int64_t least = cost;
    int at = 0;
    for (int k = 1; k <= length; ++k) {
      const int value = sample(first + k - 1, place);
      cost += (value - a) * (value - a) - (value - b) * (value - b);
      if (cost < least) {
        least = cost;
        at = k;
      }
    }
    jump[static_cast<std::size_t>(place)] = at;
    left += static_cast<double>(least);
    whole += static_cast<double>((b - a) * (b - a)) * length;
  }
  wipe_fit result;
  if (changed == 0)
    return result;
  result.changed = static_cast<double>(changed) / (width * height);
  result.residual = left / whole;
  double difference = 0;
  int pairs = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int here = jump[static_cast<std::size_t>(y * width + x)];
      for (const auto& [nx, ny] : {std::pair{x + 1, y}, std::pair{x, y + 1}}) {
        if (nx >= width || ny >= height)
          continue;
        const int there = jump[static_cast<std::size_t>(ny * width + nx)];
        if (here < 0 || there < 0)
          continue;
        difference += std::abs(here - there);
        ++pairs;
      }
    }
  }
  if (pairs > 0)
    result.disorder = difference / pairs / length;
  return result;
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
bool same_scene(const shot_picture& a, const shot_picture& b) {
  const double distance = histogram_distance(a, b);
  if (distance < 0.06 || tone_agreement(a, b) > 0.85)
    return true;
  const double agreement = structural_agreement(a, b);
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
                                                           std::int64_t newest) const {
  // 8 grey levels on average.
  constexpr double least_distance = 64.0 * shot_picture::mix_size * 0.5;
  const std::int64_t oldest = std::max<std::int64_t>(0, newest - capacity + 1);
  std::vector<gradual_span> candidates;
  for (int length = shortest; length <= longest; ++length) {
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
    const shot_picture& from = history[span.first - 1];
    const shot_picture& to = history[span.last + 1];
    if (span.kind == transition_kind::fade_in || span.kind == transition_kind::fade_out)
      return span;
    // The cheap looks first.
    const shot_picture& middle = history[(span.first + span.last) / 2];
    const wipe_fit wipe = fit_wipe(history, span.first - 1, span.last + 1);
    if (span.kind == transition_kind::wipe) {
      if (wipe.changed < 0.6 || wipe.residual > 0.05 || wipe.disorder > 0.1)
        continue;
    } else if (wipe.changed > 0.3 && wipe.disorder < 0.15 &&
               wipe.residual < 0.6 * fit_window(span.first - 1, span.last + 1).residual) {
      span.kind = transition_kind::wipe;
    } else if (edges_explained(from, to, middle) < 0.3) {
      continue;
    }
    if (same_scene(from, to) || (span.kind == transition_kind::dissolve && seen_throughout(from, to, middle)))
      continue;
    return span;
  }
  return std::nullopt;
}

std::optional<gradual_span> gradual_finder::push(const picture_history& history) {
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
  return last >= shortest ? best_ending_at(history, last, newest) : std::nullopt;
}

std::vector<gradual_span> gradual_finder::finish(const picture_history& history) {
  std::vector<gradual_span> found;
  const std::int64_t newest = history.count() - 1;
  for (std::int64_t last = std::max<std::int64_t>(shortest, newest - lookahead + 1); last <= newest; ++last)
    if (auto span = best_ending_at(history, last, newest))
      found.push_back(*span);
  return found;
}

} // namespace timeloom
