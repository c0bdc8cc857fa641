#include "analyzers/similarity_fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace timeloom {

namespace {

constexpr int trials = 96; // a pair of pairs from half of all is drawn with probability 1 - 1e-12
constexpr int refinements = 6;
constexpr double still_share = 0.25;     // of the weight, to be believed against a larger group that moves
constexpr double still_over_best = 0.35; // and of what the larger group has

double squared_error(const similarity_fit& fit, const point_pair& pair) {
  const double x = fit.a * pair.x - fit.b * pair.y + fit.x - pair.to_x;
  const double y = fit.b * pair.x + fit.a * pair.y + fit.y - pair.to_y;
  return x * x + y * y;
}

double agreeing(const similarity_fit& fit, const std::vector<point_pair>& pairs, double tolerance) {
  double weight = 0;
  for (const auto& pair : pairs)
    if (squared_error(fit, pair) < tolerance * tolerance)
      weight += pair.weight;
  return weight;
}

/// Where the pairs lie on the whole, by weight; a total of 0 when none has any.
struct centroid {
  double total = 0, x = 0, y = 0, to_x = 0, to_y = 0;
};

template <typename WeightOf>
centroid centroid_of(const std::vector<point_pair>& pairs, WeightOf weight_of) {
  centroid mean;
  for (const auto& pair : pairs) {
    const double weight = weight_of(pair);
    mean.total += weight;
    mean.x += weight * pair.x;
    mean.y += weight * pair.y;
    mean.to_x += weight * pair.to_x;
    mean.to_y += weight * pair.to_y;
  }
  if (mean.total > 0)
    for (double* sum : {&mean.x, &mean.y, &mean.to_x, &mean.to_y})
      *sum /= mean.total;
  return mean;
}

/// The shift that maps one centroid onto the other.
void shift_onto(similarity_fit& fit, const centroid& mean) {
  fit.x = mean.to_x - fit.a * mean.x + fit.b * mean.y;
  fit.y = mean.to_y - fit.b * mean.x - fit.a * mean.y;
}

std::optional<similarity_fit> through(const point_pair& one, const point_pair& other) {
  const double x = other.x - one.x;
  const double y = other.y - one.y;
  const double squared = x * x + y * y;
  if (squared < 1e-9)
    return std::nullopt;
  const double to_x = other.to_x - one.to_x;
  const double to_y = other.to_y - one.to_y;
  similarity_fit fit;
  fit.a = (x * to_x + y * to_y) / squared;
  fit.b = (x * to_y - y * to_x) / squared;
  fit.x = one.to_x - fit.a * one.x + fit.b * one.y;
  fit.y = one.to_y - fit.b * one.x - fit.a * one.y;
  return fit;
}

// Weighted least squares: linear in a, b, x and y, in closed form about the weighted means.
void refine(similarity_fit& fit, const std::vector<point_pair>& pairs, double cutoff) {
  const auto weight_of = [&](const point_pair& pair) {
    const double share = squared_error(fit, pair) / (cutoff * cutoff);
    return share < 1 ? pair.weight * (1 - share) * (1 - share) : 0.0; // Tukey's biweight
  };
  const centroid mean = centroid_of(pairs, weight_of);
  double squares = 0, along = 0, across = 0;
  for (const auto& pair : pairs) {
    const double weight = weight_of(pair);
    const double x = pair.x - mean.x;
    const double y = pair.y - mean.y;
    const double to_x = pair.to_x - mean.to_x;
    const double to_y = pair.to_y - mean.to_y;
    squares += weight * (x * x + y * y);
    along += weight * (x * to_x + y * to_y);
    across += weight * (x * to_y - y * to_x);
  }
  if (squares <= 0)
    return;
  fit.a = along / squares;
  fit.b = across / squares;
  shift_onto(fit, mean);
}

// What two estimates of one number share: their harmonic mean, or 0 when they disagree in sign.
double agreed(double one, double other) {
  return one * other > 0 ? 2 * one * other / (one + other) : 0;
}

// Zoom shows along both axes, and so does a turn; where things at different depths pass at different speeds, only along
// one. The least squares fit takes either for zoom or turn, so both are estimated along each axis alone.
void distrust_parallax(similarity_fit& fit, const std::vector<point_pair>& pairs, double cutoff) {
  const auto weight_of = [&](const point_pair& pair) {
    return squared_error(fit, pair) > cutoff * cutoff ? 0 : pair.weight;
  };
  const centroid mean = centroid_of(pairs, weight_of);
  double xx = 0, yy = 0, x_to_x = 0, x_to_y = 0, y_to_x = 0, y_to_y = 0, xy = 0;
  for (const auto& pair : pairs) {
    const double weight = weight_of(pair);
    const double x = pair.x - mean.x;
    const double y = pair.y - mean.y;
    const double by_x = pair.to_x - mean.to_x - x;
    const double by_y = pair.to_y - mean.to_y - y;
    xx += weight * x * x;
    yy += weight * y * y;
    xy += weight * x * y;
    x_to_x += weight * x * by_x;
    x_to_y += weight * x * by_y;
    y_to_x += weight * y * by_x;
    y_to_y += weight * y * by_y;
  }
  const double determinant = xx * yy - xy * xy;
  if (determinant <= 1e-6 * xx * yy)
    return;
  // An affine fit: by_x = m00 x + m01 y, by_y = m10 x + m11 y.
  const double m00 = (x_to_x * yy - y_to_x * xy) / determinant;
  const double m01 = (y_to_x * xx - x_to_x * xy) / determinant;
  const double m10 = (x_to_y * yy - y_to_y * xy) / determinant;
  const double m11 = (y_to_y * xx - x_to_y * xy) / determinant;
  fit.a = 1 + agreed(m00, m11);
  fit.b = agreed(m10, -m01);
  shift_onto(fit, mean);
}

} // namespace

std::optional<similarity_fit> fit_similarity(const std::vector<point_pair>& pairs, double tolerance) {
  if (pairs.size() < 2)
    return std::nullopt;
  double total = 0;
  for (const auto& pair : pairs)
    total += pair.weight;

  similarity_fit best;
  double best_weight = -1;
  std::uint32_t random = 0x9e3779b9;
  const auto draw = [&] {
    random = random * 1664525 + 1013904223; // Numerical Recipes' generator: the same trials for the same pairs
    return static_cast<std::size_t>((std::uint64_t{random} * pairs.size()) >> 32);
  };
  for (int trial = 0; trial < trials; ++trial) {
    const auto& one = pairs[draw()];
    const auto& other = pairs[draw()];
    const auto fit = through(one, other);
    if (!fit)
      continue;
    const double zoom = std::hypot(fit->a, fit->b);
    if (zoom < 0.5 || zoom > 2)
      continue;
    const double weight = agreeing(*fit, pairs, tolerance);
    if (weight > best_weight) {
      best_weight = weight;
      best = *fit;
    }
  }
  const similarity_fit still;
  const double still_weight = agreeing(still, pairs, tolerance / 3);
  const bool best_moves = std::hypot(best.x, best.y) > 2 * tolerance || std::abs(std::hypot(best.a, best.b) - 1) > 0.02;
  if (best_weight < 0 ||
      (best_moves && still_weight > still_share * total && still_weight > still_over_best * best_weight))
    best = still;
  for (int round = 0; round < refinements; ++round)
    refine(best, pairs, (round < 2 ? 2 : 1.5) * tolerance);
  distrust_parallax(best, pairs, 1.5 * tolerance);
  best.support = total > 0 ? agreeing(best, pairs, tolerance) / total : 0;
  return best;
}

} // namespace timeloom
