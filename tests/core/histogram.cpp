#include "core/histogram.hpp"

#include "core/metrics.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace timeloom {

namespace {

constexpr std::array shares{0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 1.0};

histogram histogram_of(const std::vector<double>& values) {
  histogram made;
  for (const double value : values)
    made.record(value);
  return made;
}

/// The value of rank ceil(q n), from 1.
double exact_quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(values.size())));
  return values[static_cast<std::size_t>(rank) - 1];
}

std::vector<double> lognormal(std::size_t count, double mean, double spread) {
  std::mt19937 random{7};
  std::vector<double> values(count);
  for (auto& value : values) { // sums of twelve: the library's own distributions differ from one to the other
    double sum = 0;
    for (int i = 0; i < 12; ++i)
      sum += static_cast<double>(random()) / static_cast<double>(std::mt19937::max());
    value = std::exp(mean + spread * (sum - 6));
  }
  return values;
}

void check_quantiles(const histogram& recorded, const std::vector<double>& values) {
  for (const double q : shares) {
    CAPTURE(q);
    const double exact = exact_quantile(values, q);
    CHECK(std::abs(recorded.quantile(q) - exact) <= histogram::relative_error * exact);
  }
}

} // namespace

TEST_CASE("quantiles are within the bound of the exact ones, of microseconds as of hours") {
  for (const double mean : {-10.0, -3.0, 0.0, 8.0}) {
    CAPTURE(mean);
    const auto values = lognormal(5000, mean, 0.6);
    const auto recorded = histogram_of(values);
    check_quantiles(recorded, values);
    CHECK(recorded.count() == 5000);
    CHECK(recorded.sum() == Approx(std::accumulate(values.begin(), values.end(), 0.0)));
  }
}

TEST_CASE("quantiles are within the bound where values jump") {
  std::vector<double> values(90, 0.001);
  values.insert(values.end(), 9, 0.5);
  values.push_back(30);
  check_quantiles(histogram_of(values), values);
}

TEST_CASE("a quantity with few values is told exactly") {
  std::vector<double> sizes(100, 64);
  sizes.insert(sizes.end(), 5, 3);
  const auto recorded = histogram_of(sizes);
  CHECK(recorded.quantile(0) == 3);
  CHECK(recorded.quantile(0.5) == 64);
  CHECK(recorded.quantile(1) == 64);
}

TEST_CASE("merging is as good as recording in one") {
  const auto some = lognormal(700, -3, 1), more = lognormal(300, 2, 1);
  auto all = some;
  all.insert(all.end(), more.begin(), more.end());
  auto merged = histogram_of(some);
  merged.merge(histogram_of(more));
  const auto together = histogram_of(all);
  CHECK(merged.count() == together.count());
  CHECK(merged.sum() == Approx(together.sum()));
  for (const double q : shares)
    CHECK(merged.quantile(q) == Approx(together.quantile(q)));
}

TEST_CASE("what is beyond the range counts at its ends, and of nothing every quantile is 0") {
  CHECK(histogram{}.quantile(0.5) == 0);
  CHECK(histogram{}.count() == 0);
  const auto recorded = histogram_of({0, 0, 1, 1e9});
  CHECK(recorded.count() == 4);
  CHECK(recorded.quantile(0.5) == 0);
  CHECK(recorded.quantile(0.75) == 1);
  CHECK(recorded.quantile(1) == 1e9);
}

TEST_CASE("values up to a bound are counted, those next to it on either side") {
  const auto recorded = histogram_of({0, 0.001, 0.3, 0.3, 7, 100});
  CHECK(recorded.count_to(0) == 1);
  CHECK(recorded.count_to(0.25) == 2);
  CHECK(recorded.count_to(0.3) == 4);
  CHECK(recorded.count_to(99) == 5);
  CHECK(recorded.count_to(1e6) == 6);
  const auto close = histogram_of({1, 1 + histogram::relative_error / 2});
  CHECK(close.count_to(0.95) == 0);
  CHECK(close.count_to(1.05) == 2);
}

TEST_CASE("a summary holds count, sum, the four quantiles, and how many values are below each bound") {
  std::vector<double> values;
  for (int i = 1; i <= 20; ++i)
    values.push_back(i);
  const metric_summary wanted{"timeloom_batch_pictures",       "body_pose", 20, 210, {10, 18, 19, 20},
                              {1, 2, 4, 8, 16, 20, 20, 20, 20}};
  CHECK(summary_of("timeloom_batch_pictures", "body_pose", histogram_of(values)) == wanted);
}

} // namespace timeloom
