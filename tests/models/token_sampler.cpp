#include "models/token_sampler.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace timeloom {

namespace {

/// How often each token is drawn, as shares.
template <std::size_t Count>
std::array<double, Count> drawn(const sampling_options& options, const std::array<float, Count>& scores) {
  token_sampler sampler{options};
  std::array<double, Count> shares{};
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i)
    shares.at(static_cast<std::size_t>(sampler.choose(scores))) += 1.0 / draws;
  return shares;
}

const std::array<float, 4> scores{std::log(0.4F), std::log(0.1F), std::log(0.3F), std::log(0.2F)};

void check_shares(const std::array<double, 4>& found, const std::array<double, 4>& expected) {
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(std::abs(found[i] - expected[i]) < 0.015);
}

} // namespace

TEST_CASE("without a temperature the likeliest token is chosen, the first of equals") {
  token_sampler sampler{{}};
  CHECK(sampler.greedy());
  CHECK(sampler.choose(scores) == 0);
  CHECK(sampler.choose(std::array<float, 3>{1, 2, 2}) == 1);
}

TEST_CASE("tokens are drawn as often as they are likely") {
  check_shares(drawn({.temperature = 1}, scores), {0.4, 0.1, 0.3, 0.2});
  check_shares(drawn({.temperature = 0.5}, scores), {16 / 30.0, 1 / 30.0, 9 / 30.0, 4 / 30.0});
  check_shares(drawn({.temperature = 1, .top_k = 2}, scores), {4 / 7.0, 0, 3 / 7.0, 0});
  check_shares(drawn({.temperature = 1, .top_p = 0.65}, scores), {4 / 7.0, 0, 3 / 7.0, 0});
  check_shares(drawn({.temperature = 1, .top_p = 0.75}, scores), {4 / 9.0, 0, 3 / 9.0, 2 / 9.0});
  check_shares(drawn({.temperature = 1, .top_p = 0.01}, scores), {1, 0, 0, 0});
}

TEST_CASE("of a large vocabulary only the likeliest that make up the share are drawn") {
  std::array<float, 1000> many{}; // the likelihood of i is in proportion to 1 + (7 i mod 1000)
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = std::log(1.0F + static_cast<float>(7 * i % 1000));
  const auto shares = drawn({.temperature = 1, .top_p = 0.75}, many);
  // 1 + ... + 500 is a quarter of 1 + ... + 1000.
  for (std::size_t i = 0; i < many.size(); ++i)
    CHECK((shares[i] == 0 || 7 * i % 1000 >= 499));
  CHECK(std::count_if(shares.begin(), shares.end(), [](double share) { return share > 0; }) > 490);
}

TEST_CASE("the same seed draws the same tokens") {
  const auto draw = [](std::uint64_t seed) {
    token_sampler sampler{{.temperature = 1, .seed = seed}};
    std::vector<token_id> made;
    for (int i = 0; i < 50; ++i)
      made.push_back(sampler.choose(scores));
    return made;
  };
  CHECK(draw(3) == draw(3));
  CHECK(draw(3) != draw(4));
}

} // namespace timeloom
