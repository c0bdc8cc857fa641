#include "analyzers/region_reader.hpp"

#include "analyzers/reading_worth.hpp"
#include "analyzers/spoken_words.hpp"
#include "analyzers/text_vote.hpp"

#include <array>
#include <vector>

namespace timeloom {

namespace {

constexpr double likeliest = 60;          // likelihood of a region that is worth trying several ways
constexpr double outlined_contrast = 100; // from which on letters may have outlines
constexpr int most_readings = 4;          // of a line

bool leaves_nothing_out(const line_reading& reading) {
  return reading.confidence >= sure_reading && reading.coverage >= whole_line;
}

} // namespace

bool needs_another(std::span<const line_reading> readings, double likelihood) {
  const double best = best_confidence(readings);
  const std::size_t most = best >= hopeless_reading ? most_readings : likelihood >= likeliest ? 2 : 1;
  return readings.size() < most && !has_sure(readings);
}

expected<line_reading> region_reader::read_as(const text_picture& picture, const text_region& region,
                                              letter_choice choice) {
  ++readings_;
  auto reading = reader_(line_picture(picture, region, choice).view());
  if (reading)
    reading->text = tidied(reading->text);
  return reading;
}

expected<line_reading> region_reader::read(const text_picture& picture, text_region& region, letter_choice& choice) {
  using enum letter_choice;
  constexpr std::array outlined{enclosed, all, colored};
  constexpr std::array faint{all, colored, grays};
  line_reading best;
  std::vector<line_reading> tried;
  for (const bool light : {region.light, !region.light}) {
    for (const auto each : region.contrast >= outlined_contrast ? outlined : faint) {
      if (each == colored && picture.bgr.data == nullptr)
        continue;
      auto way = region;
      way.light = light;
      auto reading = read_as(picture, way, each);
      if (!reading)
        return reading;
      tried.push_back(*reading);
      if (worth(*reading) > worth(best)) {
        best = std::move(*reading);
        region.light = light;
        choice = each;
      }
      if (leaves_nothing_out(best) && each != enclosed)
        return best;
      if (best.confidence < hopeless_reading && region.likelihood < likeliest)
        return best;
    }
    if (!region.either || leaves_nothing_out(best))
      break;
  }
  return with_words_of(best, tried);
}

} // namespace timeloom
