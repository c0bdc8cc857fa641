#include "analyzers/color_palette.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace timeloom {

namespace {

constexpr int bar_luma = 24;          // full range; film black in lossy video reaches this
constexpr double widest_bar = 0.35;   // of the height or width
constexpr double most_vivid = 0.3225; // chroma of sRGB magenta
constexpr int cells_a_side = 20;
constexpr std::size_t cells_in_all = cells_a_side * cells_a_side * cells_a_side;

bool is_bar_pixel(const frame_grid::pixel& pixel) {
  return pixel[0] < bar_luma && std::abs(pixel[1] - 128) < 12 && std::abs(pixel[2] - 128) < 12;
}

// How many lines from the first on are bar, `line(i)` telling of line i.
template <class Line>
int bar_lines(int count, Line line) {
  int bars = 0;
  while (bars < count && line(bars))
    ++bars;
  return bars;
}

// Bars come in pairs; a dark sky above a bright field is none.
bool is_pair(int one, int other, int of) {
  return one > 0 && other > 0 && std::abs(one - other) <= 1 + of / 40 && std::max(one, other) <= widest_bar * of;
}

std::uint32_t cell_key(const oklab_color& color) {
  const auto step = [](float value, float low, float span) {
    const auto place = static_cast<int>((value - low) / span * cells_a_side);
    return static_cast<std::uint32_t>(std::clamp(place, 0, cells_a_side - 1));
  };
  return (step(color.lightness, 0, 1) * cells_a_side + step(color.a, -0.4F, 0.8F)) * cells_a_side +
         step(color.b, -0.4F, 0.8F);
}

// Two colours this near look alike enough to be one in a list of a handful. Lightness counts for less: shading changes
// it within a thing of one colour.
constexpr float lightness_weight = 0.6F;
constexpr float same_color = 0.105F;
constexpr float belongs_to = 0.19F;

oklab_color for_grouping(oklab_color color) {
  color.lightness *= lightness_weight;
  return color;
}

} // namespace

grid_area without_bars(const frame_grid& grid) {
  const int width = grid.width;
  const int height = grid.height;
  const auto dark_row = [&](int y) {
    for (int x = 0; x < width; ++x)
      if (!is_bar_pixel(grid.of(x, y)))
        return false;
    return true;
  };
  const auto dark_column = [&](int x) {
    for (int y = 0; y < height; ++y)
      if (!is_bar_pixel(grid.of(x, y)))
        return false;
    return true;
  };
  grid_area area{0, 0, width, height};
  const int above = bar_lines(height, dark_row);
  if (above == height)
    return area;
  const int below = bar_lines(height, [&](int y) { return dark_row(height - 1 - y); });
  if (is_pair(above, below, height)) {
    area.top = above;
    area.bottom = height - below;
  }
  const int before = bar_lines(width, dark_column);
  const int after = bar_lines(width, [&](int x) { return dark_column(width - 1 - x); });
  if (is_pair(before, after, width)) {
    area.left = before;
    area.right = width - after;
  }
  return area;
}

void color_palette::add(const frame_grid& grid, const grid_area& area, double weight) {
  const int pixels = (area.right - area.left) * (area.bottom - area.top);
  if (pixels <= 0)
    return;
  color_palette added;
  added.weight_ = weight;
  const double each = weight / pixels;
  std::vector<std::uint16_t> place_of(cells_in_all, 0); // of a key in `added.cells_`, from 1
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      const auto& [luma, cb, cr] = grid.of(x, y);
      const auto rgb = to_rgb(luma, cb, cr, grid.matrix);
      const auto color = to_oklab(rgb);
      const auto key = cell_key(color);
      if (place_of[key] == 0) {
        added.cells_.push_back({key, 0, 0, 0, 0});
        place_of[key] = static_cast<std::uint16_t>(added.cells_.size());
      }
      auto& sums = added.cells_[place_of[key] - 1U];
      sums.weight += each;
      sums.lightness += each * color.lightness;
      sums.a += each * color.a;
      sums.b += each * color.b;
      const double rg = rgb.red - rgb.green;
      const double yb = (rgb.red + rgb.green) / 2 - rgb.blue;
      added.lightness_ += each * color.lightness;
      added.lightness_squared_ += each * color.lightness * color.lightness;
      added.chroma_ += each * color.chroma();
      added.tint_squared_ += each * (color.a * color.a + color.b * color.b);
      added.a_ += each * color.a;
      added.b_ += each * color.b;
      added.rg_ += each * rg;
      added.rg_squared_ += each * rg * rg;
      added.yb_ += each * yb;
      added.yb_squared_ += each * yb * yb;
    }
  }
  std::ranges::sort(added.cells_, {}, &cell::key);
  add(added);
}

void color_palette::add(const color_palette& other) {
  std::vector<cell> merged;
  merged.reserve(cells_.size() + other.cells_.size());
  std::ranges::merge(cells_, other.cells_, std::back_inserter(merged), {}, &cell::key, &cell::key);
  cells_.clear();
  for (const auto& next : merged) {
    if (cells_.empty() || cells_.back().key != next.key) {
      cells_.push_back(next);
      continue;
    }
    auto& same = cells_.back();
    same.weight += next.weight;
    same.lightness += next.lightness;
    same.a += next.a;
    same.b += next.b;
  }
  cells_.shrink_to_fit();
  weight_ += other.weight_;
  lightness_ += other.lightness_;
  lightness_squared_ += other.lightness_squared_;
  chroma_ += other.chroma_;
  tint_squared_ += other.tint_squared_;
  a_ += other.a_;
  b_ += other.b_;
  rg_ += other.rg_;
  rg_squared_ += other.rg_squared_;
  yb_ += other.yb_;
  yb_squared_ += other.yb_squared_;
}

color_statistics color_palette::statistics() const {
  if (empty())
    return {};
  const auto mean = [&](double sum) { return sum / weight_; };
  const auto variance = [&](double squares, double sum) {
    return std::max(0.0, squares / weight_ - mean(sum) * mean(sum));
  };
  color_statistics found;
  found.brightness = mean(lightness_);
  found.contrast = std::sqrt(variance(lightness_squared_, lightness_));
  found.saturation = std::min(1.0, mean(chroma_) / most_vivid);
  found.tint_spread = std::sqrt(std::max(0.0, mean(tint_squared_) - mean(a_) * mean(a_) - mean(b_) * mean(b_)));
  // D. Hasler and S. Suesstrunk, "Measuring colourfulness in natural images", Human Vision and Electronic Imaging 2003.
  found.colorfulness =
      std::sqrt(variance(rg_squared_, rg_) + variance(yb_squared_, yb_)) + 0.3 * std::hypot(mean(rg_), mean(yb_));
  return found;
}

// Peaks first, heaviest neighbourhood of cells by heaviest, and then some rounds of k-means (S. Lloyd, 1982) over the
// cells from those peaks: the peaks say how many colours there are, k-means where they are.
std::vector<dominant_color> color_palette::dominant(int most, double least_share) const {
  if (empty())
    return {};
  struct point {
    oklab_color at; // in the grouping space
    double weight;
    bool taken = false;
  };
  std::vector<point> points;
  points.reserve(cells_.size());
  for (const auto& one : cells_) {
    const oklab_color mean{static_cast<float>(one.lightness / one.weight), static_cast<float>(one.a / one.weight),
                           static_cast<float>(one.b / one.weight)};
    points.push_back({for_grouping(mean), one.weight});
  }
  std::vector<std::size_t> heaviest(points.size());
  for (std::size_t i = 0; i < heaviest.size(); ++i)
    heaviest[i] = i;
  std::ranges::sort(heaviest, std::greater{}, [&](std::size_t i) { return points[i].weight; });
  constexpr std::size_t peaks_tried = 48; // of the heaviest cells: a bound on the work for noise
  const float reach = same_color * same_color;

  std::vector<oklab_color> centers;
  while (static_cast<int>(centers.size()) < most) {
    double best = 0;
    const point* peak = nullptr;
    std::size_t tried = 0;
    for (const auto i : heaviest) {
      if (points[i].taken)
        continue;
      if (++tried > peaks_tried)
        break;
      double around = 0;
      for (const auto& other : points)
        if (!other.taken && squared_distance(points[i].at, other.at) < reach)
          around += other.weight;
      if (around > best) {
        best = around;
        peak = &points[i];
      }
    }
    if (peak == nullptr || best < least_share * weight_)
      break;
    const auto at = peak->at;
    centers.push_back(at);
    for (auto& other : points)
      other.taken = other.taken || squared_distance(at, other.at) < reach;
  }

  std::vector<dominant_color> found;
  for (int round = 0; round < 4; ++round) {
    found.assign(centers.size(), {});
    std::vector<double> l(centers.size()), a(centers.size()), b(centers.size());
    for (const auto& one : points) {
      float nearest = belongs_to * belongs_to;
      std::size_t owner = centers.size();
      for (std::size_t c = 0; c < centers.size(); ++c) {
        const float distance = squared_distance(one.at, centers[c]);
        if (distance < nearest) {
          nearest = distance;
          owner = c;
        }
      }
      if (owner == centers.size())
        continue;
      found[owner].share += one.weight;
      l[owner] += one.weight * one.at.lightness;
      a[owner] += one.weight * one.at.a;
      b[owner] += one.weight * one.at.b;
    }
    for (std::size_t c = 0; c < centers.size(); ++c) {
      const double weight = found[c].share;
      if (weight <= 0)
        continue;
      centers[c] = {static_cast<float>(l[c] / weight), static_cast<float>(a[c] / weight),
                    static_cast<float>(b[c] / weight)};
      found[c].color = {centers[c].lightness / lightness_weight, centers[c].a, centers[c].b};
    }
  }
  for (auto& one : found)
    one.share = std::min(1.0, one.share / weight_);
  std::erase_if(found, [&](const dominant_color& one) { return one.share < least_share; });
  std::ranges::sort(found, std::greater{}, &dominant_color::share);
  return found;
}

} // namespace timeloom
