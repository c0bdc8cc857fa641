#include "analyzers/text_regions.hpp"

#include "analyzers/disjoint_sets.hpp"
#include "analyzers/matrix.hpp"
#include "analyzers/stroke_parts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <optional>

namespace timeloom {

namespace {

constexpr int work_long_side = 1280;
constexpr int widest_stroke = 9;      // px; a square of this size fits into no stroke
constexpr int neighbourhood = 25;     // px around a stroke in which stronger ones set the threshold
constexpr double stroke_share = 0.5;  // of the strongest top-hat in the neighbourhood
constexpr double least_contrast = 20; // levels of grey
constexpr int least_height = 5;       // of a letter, px
constexpr int most_height = 34;
constexpr double widest_letters = 12;    // heights; letters of small text touch
constexpr double least_fill = 0.12;      // of a letter's box
constexpr double most_gap = 1.2;         // between letters of a line, in heights
constexpr double most_word_gap = 2.2;    // between words of a line, in heights
constexpr double height_ratio = 2.6;     // of neighbours
constexpr double level_step = 0.35;      // most difference of neighbours' grey, of their contrast
constexpr double like_ground = 0.25;     // most difference of grey, of the contrast
constexpr double word_level_step = 0.25; // of words of a line
constexpr double row_slack = 0.3;        // of heights, by which words of a line reach above or below each other
constexpr double tall_ratio = 1.6;       // of a word with tall letters to one without
constexpr double least_joined = 30;      // likelihood of a piece of a line
constexpr int edge_px = 2;               // a line so near to the upper or lower edge is cut by it
constexpr std::size_t most_letters = 6000;

/// A connected component of strokes. Pixels of one level.
struct letter {
  cv::Rect box;
  double area = 0;
  double contrast = 0; // mean top-hat
  double level = 0;    // mean grey
  double stroke = 0;   // mean length of a horizontal run
};

bool letter_sized(const stroke_part& part) {
  const int width = part.right - part.left;
  const int height = part.bottom - part.top;
  return height >= least_height && height <= most_height && width <= widest_letters * height &&
         part.area >= least_fill * width * height;
}

std::vector<letter> letters_of(const cv::Mat& gray, const cv::Mat& tophat) {
  cv::Mat threshold;
  cv::dilate(tophat, threshold, cv::getStructuringElement(cv::MORPH_RECT, {neighbourhood, neighbourhood}));
  threshold.convertTo(threshold, CV_8U, stroke_share);
  cv::max(threshold, least_contrast, threshold);
  std::vector<letter> letters;
  for (const auto& part : stroke_parts(as_plane(gray), as_plane(tophat), as_plane(threshold))) {
    if (!letter_sized(part))
      continue;
    letter one;
    one.box = {part.left, part.top, part.right - part.left, part.bottom - part.top};
    one.area = part.area;
    one.contrast = static_cast<double>(part.standing) / part.area;
    one.level = static_cast<double>(part.grays) / part.area;
    one.stroke = static_cast<double>(part.area) / part.runs;
    letters.push_back(one);
    if (letters.size() == most_letters)
      break;
  }
  return letters;
}

bool neighbours(const letter& a, const letter& b) { // a begins left of b
  const double high = std::max(a.box.height, b.box.height);
  const double low = std::min(a.box.height, b.box.height);
  const int both = std::min(a.box.br().y, b.box.br().y) - std::max(a.box.y, b.box.y);
  const double contrast = std::min(a.contrast, b.contrast);
  return high <= height_ratio * low && both >= 0.5 * low && b.box.x - a.box.br().x <= most_gap * high &&
         std::max(a.contrast, b.contrast) <= 2.5 * contrast &&
         std::abs(a.level - b.level) <= std::max(15.0, level_step * (a.contrast + b.contrast) / 2);
}

std::vector<std::vector<letter>> lines_of(std::vector<letter> letters) {
  std::sort(letters.begin(), letters.end(), [](const letter& a, const letter& b) { return a.box.x < b.box.x; });
  const int count = static_cast<int>(letters.size());
  std::vector<int> parents(letters.size());
  std::iota(parents.begin(), parents.end(), 0);
  for (int i = 0; i < count; ++i) {
    const auto& left = letters[static_cast<std::size_t>(i)];
    const double reach = left.box.br().x + most_gap * std::min<double>(most_height, height_ratio * left.box.height);
    for (int j = i + 1; j < count && letters[static_cast<std::size_t>(j)].box.x <= reach; ++j) {
      if (neighbours(left, letters[static_cast<std::size_t>(j)]))
        parents[static_cast<std::size_t>(root_of(parents, j))] = root_of(parents, i);
    }
  }
  std::vector<std::vector<letter>> lines(letters.size());
  for (int i = 0; i < count; ++i)
    lines[static_cast<std::size_t>(root_of(parents, i))].push_back(letters[static_cast<std::size_t>(i)]);
  std::erase_if(lines, [](const auto& line) { return line.empty(); });
  return lines;
}

template <class Value>
double quantile(const std::vector<letter>& line, double share, Value value) {
  std::vector<double> values;
  for (const auto& one : line)
    values.push_back(value(one));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Of the mean deviation from the median: how unlike each other letters are.
template <class Value>
double spread(const std::vector<letter>& line, double median, Value value) {
  double sum = 0;
  for (const auto& one : line)
    sum += std::abs(value(one) - median);
  return sum / static_cast<double>(line.size());
}

std::optional<text_region> region_of(const std::vector<letter>& line, bool light, int picture_height) {
  const double height = quantile(line, 0.8, [](const letter& l) { return l.box.height; });
  const double baseline = quantile(line, 0.5, [](const letter& l) { return l.box.br().y; });
  const double slack = std::max(1.5, 0.16 * height);
  double letters = 0, aligned = 0, ink = 0;
  cv::Rect area = line.front().box;
  for (const auto& one : line) {
    const double share = std::max(1.0, one.box.width / (0.8 * height)); // letters that touch count as several
    letters += share;
    ink += one.area;
    if (std::abs(one.box.br().y - baseline) <= slack)
      aligned += share;
    area |= one.box;
  }
  const double stroke = quantile(line, 0.5, [](const letter& l) { return l.stroke; });
  const double stroke_spread = spread(line, stroke, [](const letter& l) { return l.stroke; }) / stroke;
  const double contrast = quantile(line, 0.5, [](const letter& l) { return l.contrast; });
  const double level = quantile(line, 0.5, [](const letter& l) { return l.level; });
  const double level_spread = spread(line, level, [](const letter& l) { return l.level; }) / contrast;
  const double fill = ink / area.area();
  if (area.y < edge_px || area.br().y > picture_height - edge_px || letters < 2.5 || area.width < 1.2 * height ||
      aligned < 0.5 * letters || stroke > 0.5 * height || stroke_spread > 0.6 || level_spread > 0.3 || fill < 0.08 ||
      fill > 0.75 || area.height > 2.2 * height)
    return std::nullopt;
  text_region region;
  region.area = {area.x, area.y, area.width, area.height};
  region.letter_px = height;
  region.light = light;
  region.contrast = contrast;
  region.level = level;
  region.likelihood = std::min(letters, 20.0) * (aligned / letters) * (1 - stroke_spread) * (1 - 2 * level_spread) *
                      std::sqrt(contrast);
  return region;
}

struct line_style {
  cv::Rect box;
  int top, bottom; // rows of the line itself, without what was joined to it
  double height, contrast, level;
};

line_style style_of(const std::vector<letter>& line) {
  line_style style;
  style.box = line.front().box;
  for (const auto& one : line)
    style.box |= one.box;
  style.top = style.box.y;
  style.bottom = style.box.br().y;
  style.height = quantile(line, 0.8, [](const letter& l) { return l.box.height; });
  style.contrast = quantile(line, 0.5, [](const letter& l) { return l.contrast; });
  style.level = quantile(line, 0.5, [](const letter& l) { return l.level; });
  return style;
}

/// Whether `part`, which may be a single letter, goes on where `line` ends.
bool goes_on(const line_style& line, const line_style& part) {
  const int gap = std::max(part.box.x - line.box.br().x, line.box.x - part.box.br().x);
  const double slack = row_slack * line.height;
  return gap <= most_word_gap * line.height && gap > -0.5 * line.height && part.height <= tall_ratio * line.height &&
         part.height >= 0.45 * line.height && part.box.y >= line.top - slack &&
         part.box.br().y <= line.bottom + slack && part.contrast >= 0.5 * line.contrast &&
         part.contrast <= 2 * line.contrast &&
         std::abs(part.level - line.level) <= std::max(20.0, word_level_step * (line.contrast + part.contrast) / 2);
}

/// Lines that are told, likeliest first, each with those words and letters beside it that were too far for neighbours.
std::vector<text_region> joined(std::vector<std::vector<letter>> lines, bool light, int picture_height) {
  std::vector<std::pair<text_region, std::size_t>> seeds;
  std::vector<line_style> styles;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    styles.push_back(style_of(lines[i]));
    if (auto region = region_of(lines[i], light, picture_height))
      seeds.emplace_back(*region, i);
  }
  std::stable_sort(seeds.begin(), seeds.end(),
                   [](const auto& a, const auto& b) { return a.first.likelihood > b.first.likelihood; });
  std::vector<bool> taken(lines.size());
  std::vector<text_region> regions;
  for (auto& [region, seed] : seeds) {
    if (taken[seed])
      continue;
    taken[seed] = true;
    for (bool grew = true; grew;) {
      grew = false;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        if (taken[i] || !goes_on(styles[seed], styles[i]))
          continue;
        taken[i] = grew = true;
        styles[seed].box |= styles[i].box;
        lines[seed].insert(lines[seed].end(), lines[i].begin(), lines[i].end());
      }
    }
    const auto all = region_of(lines[seed], light, picture_height);
    const auto& box = styles[seed].box;
    region.area = {box.x, box.y, box.width, box.height};
    if (all)
      region.likelihood = std::max(region.likelihood, all->likelihood);
    regions.push_back(region);
  }
  return regions;
}

void find_at(const cv::Mat& gray, bool light, std::vector<text_region>& found) {
  const auto square = cv::getStructuringElement(cv::MORPH_RECT, {widest_stroke, widest_stroke});
  cv::Mat tophat;
  cv::morphologyEx(gray, tophat, light ? cv::MORPH_TOPHAT : cv::MORPH_BLACKHAT, square);
  for (auto& region : joined(lines_of(letters_of(gray, tophat)), light, gray.rows))
    found.push_back(region);
}

void enlarge(text_region& region, double across, double down, const plane_view& inside) {
  auto& area = region.area;
  const int right = std::min(inside.width, static_cast<int>(std::ceil((area.left + area.width) * across)));
  const int bottom = std::min(inside.height, static_cast<int>(std::ceil((area.top + area.height) * down)));
  area.left = static_cast<int>(area.left * across);
  area.top = static_cast<int>(area.top * down);
  area.width = right - area.left;
  area.height = bottom - area.top;
  region.letter_px *= down;
}

} // namespace

double shared_pixels(const pixel_box& a, const pixel_box& b) {
  const int width = std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
  const int height = std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
  return width > 0 && height > 0 ? static_cast<double>(width) * height : 0;
}

double pixels_of(const pixel_box& area) {
  return static_cast<double>(area.width) * area.height;
}

namespace {

/// The middle grey just above and below a line.
double ground_of(const plane_view& gray, const text_region& region) {
  const int away = static_cast<int>(0.35 * region.letter_px);
  std::vector<std::uint8_t> samples;
  for (const int y : {region.area.top - away, region.area.top + region.area.height - 1 + away}) {
    const std::uint8_t* row = gray.row(std::clamp(y, 0, gray.height - 1));
    for (int x = 0; x < region.area.width; x += std::max(1, region.area.width / 100))
      samples.push_back(row[region.area.left + x]);
  }
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

/// Of two at the same place that are opposites, one may be outlines, which stand around the letters, or the gaps
/// between letters, which are like the ground.
void weigh_polarity(const plane_view& gray, text_region& better, const text_region& opposite) {
  const double ground = ground_of(gray, better);
  const bool better_is_gaps = std::abs(better.level - ground) < like_ground * better.contrast;
  const bool opposite_is_gaps = std::abs(opposite.level - ground) < like_ground * opposite.contrast;
  if (!better.either && !opposite_is_gaps && opposite.likelihood > 0.5 * better.likelihood &&
      (better_is_gaps || opposite.letter_px < better.letter_px)) {
    better.light = opposite.light;
    better.level = opposite.level;
    better.contrast = opposite.contrast;
  }
  better.either = true;
}

/// The area of `line` with that of a piece of it, which may reach into the line above or below.
pixel_box along(const text_region& line, const pixel_box& piece) {
  const auto& area = line.area;
  const int slack = static_cast<int>(row_slack * line.letter_px);
  const int left = std::min(area.left, piece.left);
  const int top = std::max(area.top - slack, std::min(area.top, piece.top));
  const int bottom =
      std::min(area.top + area.height + slack, std::max(area.top + area.height, piece.top + piece.height));
  return {left, top, std::max(area.left + area.width, piece.left + piece.width) - left, bottom - top};
}

bool on_one_line(const text_region& a, const text_region& b) {
  const int both = std::min(a.area.top + a.area.height, b.area.top + b.area.height) - std::max(a.area.top, b.area.top);
  return std::max(a.letter_px, b.letter_px) <= tall_ratio * std::min(a.letter_px, b.letter_px) &&
         both >= 0.7 * std::min(a.area.height, b.area.height);
}

bool are_one_line(const text_region& a, const text_region& b) {
  const double height = std::max(a.letter_px, b.letter_px);
  const int gap = std::max(b.area.left - a.area.left - a.area.width, a.area.left - b.area.left - b.area.width);
  return (a.light == b.light || a.either || b.either) && a.contrast <= 2 * b.contrast && b.contrast <= 2 * a.contrast &&
         on_one_line(a, b) && gap <= most_word_gap * height;
}

/// Pieces of a line that were found at different sizes or over different grounds are put together.
std::vector<text_region> with_neighbours(std::vector<text_region> regions) {
  for (std::size_t i = 0; i < regions.size(); ++i) {
    for (std::size_t j = i + 1; j < regions.size();) {
      auto& one = regions[i];
      const auto& other = regions[j];
      if (other.likelihood < least_joined || !are_one_line(one, other)) {
        ++j;
        continue;
      }
      one.area = along(one, other.area);
      one.letter_px = std::max(one.letter_px, other.letter_px);
      one.either = one.either || other.either || one.light != other.light;
      regions.erase(regions.begin() + static_cast<std::ptrdiff_t>(j));
      j = i + 1;
    }
  }
  return regions;
}

} // namespace

std::vector<text_region> find_text_regions(const plane_view& gray) {
  const auto whole = as_matrix(gray);
  cv::Mat level = whole;
  if (const int side = std::max(gray.width, gray.height); side > work_long_side) {
    const double share = static_cast<double>(work_long_side) / side;
    cv::resize(whole, level, {}, share, share, share >= 0.5 ? cv::INTER_LINEAR : cv::INTER_AREA);
  }
  std::vector<text_region> all;
  while (std::min(level.cols, level.rows) >= 2 * widest_stroke) {
    std::vector<text_region> found;
    find_at(level, true, found);
    find_at(level, false, found);
    for (auto& region : found) {
      enlarge(region, static_cast<double>(gray.width) / level.cols, static_cast<double>(gray.height) / level.rows,
              gray);
      all.push_back(region);
    }
    cv::Mat half;
    cv::resize(level, half, {std::max(1, level.cols / 2), std::max(1, level.rows / 2)}, 0, 0, cv::INTER_AREA);
    level = half;
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const text_region& a, const text_region& b) { return a.likelihood > b.likelihood; });
  std::vector<text_region> kept;
  for (const auto& region : all) {
    const auto better = std::find_if(kept.begin(), kept.end(), [&](const text_region& one) {
      return shared_pixels(one.area, region.area) > 0.4 * pixels_of(region.area);
    });
    if (better == kept.end()) {
      kept.push_back(region);
    } else if (better->light != region.light && region.likelihood > 0.25 * better->likelihood) {
      weigh_polarity(gray, *better, region);
      if (on_one_line(*better, region))
        better->area = along(*better, region.area);
    }
  }
  return with_neighbours(std::move(kept));
}

} // namespace timeloom
