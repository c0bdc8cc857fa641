#include "rendering/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace timeloom {

namespace {

constexpr double least_font_px = 10;
constexpr double font_units = 2.5;
constexpr double least_line_px = 1;
constexpr double edge_share = 0.55; // opacity of the dark edge and of plates

constexpr std::size_t padding_bytes = 64;

std::size_t bytes_of(picture_size size) {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4;
}

void set_source(cairo_t* context, const ink& color) {
  cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity);
}

} // namespace

expected<canvas> canvas::create(picture_size size) {
  std::vector<std::uint8_t> memory(bytes_of(size) + padding_bytes);
  cairo::surface surface{
      cairo_image_surface_create_for_data(memory.data(), CAIRO_FORMAT_RGB24, size.width, size.height, size.width * 4)};
  cairo::context context{cairo_create(surface.get())};
  if (const auto status = cairo_status(context.get()); status != CAIRO_STATUS_SUCCESS)
    return fail(errc::exhausted, "no picture of {}x{} can be drawn on: {}", size.width, size.height,
                cairo_status_to_string(status));
  return canvas{size, std::move(memory), std::move(surface), std::move(context)};
}

canvas::canvas(picture_size size, std::vector<std::uint8_t> memory, cairo::surface surface, cairo::context context)
    : size_(size),
      memory_(std::move(memory)),
      surface_(std::move(surface)),
      context_(std::move(context)),
      letters_(context_.get()) {
  unit_ = std::sqrt(static_cast<double>(size.width) * size.height * 9 / 16) / 100;
  font_px_ = std::max(least_font_px, font_units * unit_);
  cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(context_.get(), CAIRO_LINE_CAP_ROUND);
  start();
}

std::span<std::uint8_t> canvas::pixels() {
  cairo_surface_flush(surface_.get());
  return {memory_.data(), bytes_of(size_)};
}

std::span<const std::uint8_t> canvas::pixels() const {
  cairo_surface_flush(surface_.get());
  return {memory_.data(), bytes_of(size_)};
}

void canvas::start() {
  cairo_surface_mark_dirty(surface_.get());
  labels_.clear();
  taken_.clear();
  std::fill(std::begin(used_px_), std::end(used_px_), 0.8 * unit_);
  picture_ = {0, 0, static_cast<double>(size_.width), static_cast<double>(size_.height)};
}

void canvas::start(std::span<const std::uint8_t> pixels, picture_size size) {
  start();
  auto* context = context_.get();
  set_source(context, inks::black);
  cairo_paint(context);
  const double scale = std::min(picture_.width / size.width, picture_.height / size.height);
  picture_ = {(picture_.width - size.width * scale) / 2, (picture_.height - size.height * scale) / 2,
              size.width * scale, size.height * scale};
  const cairo::surface source{cairo_image_surface_create_for_data(
      const_cast<std::uint8_t*>(pixels.data()), CAIRO_FORMAT_RGB24, size.width, size.height, size.width * 4)};
  cairo_save(context);
  cairo_translate(context, picture_.x, picture_.y);
  cairo_scale(context, scale, scale);
  cairo_set_source_surface(context, source.get(), 0, 0);
  cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD);
  cairo_rectangle(context, 0, 0, size.width, size.height);
  cairo_fill(context);
  cairo_restore(context);
}

place canvas::px(const place& at) const {
  return {picture_.x + at.x * picture_.width, picture_.y + at.y * picture_.height};
}

pixel_box canvas::px(const box& area) const {
  const auto [x, y] = px(place{area.x, area.y});
  return {x, y, area.width * picture_.width, area.height * picture_.height};
}

void canvas::stroke(const ink& color, double width_units) {
  auto* context = context_.get();
  const double width = std::max(least_line_px, width_units * unit_);
  set_source(context, inks::black.at(edge_share * color.opacity));
  cairo_set_line_width(context, width + std::max(2.0, 0.3 * unit_));
  cairo_stroke_preserve(context);
  set_source(context, color);
  cairo_set_line_width(context, width);
  cairo_stroke(context);
}

void canvas::outline(const box& area, const ink& color, line_style style, double width_units) {
  const auto [x, y, width, height] = px(area);
  const double dash[] = {1.6 * unit_, 1.6 * unit_};
  if (style == line_style::dashed)
    cairo_set_dash(context_.get(), dash, 2, 0);
  cairo_rectangle(context_.get(), x, y, width, height);
  stroke(color, width_units);
  cairo_set_dash(context_.get(), nullptr, 0, 0);
}

void canvas::line(std::span<const place> points, const ink& color, double width_units) {
  cairo_new_path(context_.get());
  for (const auto& point : points) {
    const auto [x, y] = px(point);
    cairo_line_to(context_.get(), x, y);
  }
  stroke(color, width_units);
}

void canvas::dot(const place& at, const ink& color, double radius_units) {
  const auto [x, y] = px(at);
  auto* context = context_.get();
  const double radius = std::max(1.5, radius_units * unit_);
  cairo_new_path(context);
  cairo_arc(context, x, y, radius, 0, 2 * std::numbers::pi);
  set_source(context, color);
  cairo_fill_preserve(context);
  set_source(context, inks::black.at(edge_share));
  cairo_set_line_width(context, 1);
  cairo_stroke(context);
}

// `direction` in radians, in which the tip points.
void canvas::head(const place& tip, double direction, const ink& color, double length) {
  auto* context = context_.get();
  cairo_new_path(context);
  cairo_move_to(context, tip.x, tip.y);
  for (const double side : {-0.45, 0.45})
    cairo_line_to(context, tip.x - length * std::cos(direction + side), tip.y - length * std::sin(direction + side));
  cairo_close_path(context);
  set_source(context, color);
  cairo_fill_preserve(context);
  set_source(context, inks::black.at(edge_share));
  cairo_set_line_width(context, 1);
  cairo_stroke(context);
}

void canvas::arrow(const place& from, const place& to, const ink& color, double width_units) {
  const auto a = px(from), b = px(to);
  const double direction = std::atan2(b.y - a.y, b.x - a.x);
  const double length = std::min(std::hypot(b.x - a.x, b.y - a.y), 2.2 * unit_);
  cairo_new_path(context_.get());
  cairo_move_to(context_.get(), a.x, a.y);
  cairo_line_to(context_.get(), b.x - length / 2 * std::cos(direction), b.y - length / 2 * std::sin(direction));
  stroke(color, width_units);
  head(b, direction, color, length);
}

void canvas::arc_arrow(const place& centre, double radius_units, double from_degrees, double to_degrees,
                       const ink& color) {
  const auto [x, y] = px(centre);
  const double radius = radius_units * unit_, from = from_degrees * std::numbers::pi / 180,
               to = to_degrees * std::numbers::pi / 180;
  cairo_new_path(context_.get());
  if (from < to)
    cairo_arc(context_.get(), x, y, radius, from, to);
  else
    cairo_arc_negative(context_.get(), x, y, radius, from, to);
  stroke(color, 0.5);
  const double turn = from < to ? 1 : -1;
  // The head lies along the circle: it begins where the line ends.
  const double tip = to + turn * 1.8 * unit_ / radius;
  head({x + radius * std::cos(tip), y + radius * std::sin(tip)}, (to + tip) / 2 + turn * std::numbers::pi / 2, color,
       2.2 * unit_);
}

void canvas::fill(const box& area, const ink& color) {
  const auto [x, y, width, height] = px(area);
  cairo_rectangle(context_.get(), x, y, width, height);
  set_source(context_.get(), color);
  cairo_fill(context_.get());
}

void canvas::frame(const ink& color, double width_units) {
  const double width = std::max(2.0, width_units * unit_);
  cairo_rectangle(context_.get(), picture_.x + width / 2, picture_.y + width / 2, picture_.width - width,
                  picture_.height - width);
  set_source(context_.get(), color);
  cairo_set_line_width(context_.get(), width);
  cairo_stroke(context_.get());
}

void canvas::plate(const pixel_box& area, const ink& color) {
  cairo_rectangle(context_.get(), area.x, area.y, area.width, area.height);
  set_source(context_.get(), inks::black.at(edge_share * color.opacity));
  cairo_fill(context_.get());
  taken_.push_back(area);
}

void canvas::label(const box& about, std::string text, const ink& color) {
  labels_.push_back({px(about), std::move(text), color});
}

pixel_box canvas::take(corner where, double width, double height) {
  auto& used = used_px_[static_cast<std::size_t>(where)];
  const double margin = 0.8 * unit_;
  double x = picture_.x + margin;
  if (where == corner::top_right)
    x = picture_.x + picture_.width - margin - width;
  else if (where == corner::top)
    x = picture_.x + (picture_.width - width) / 2;
  const double y = where == corner::bottom_left ? picture_.y + picture_.height - used - height : picture_.y + used;
  used += height;
  const pixel_box taken{x, y, width, height};
  taken_.push_back(taken);
  return taken;
}

void canvas::note(corner where, std::string_view text, const ink& color) {
  letters_.set(text, font_px_, 0.45 * picture_.width);
  const auto [width, height] = letters_.size();
  const double margin = 0.5 * unit_;
  const auto area = take(where, width + 2 * margin, height);
  plate(area, color);
  letters_.draw(area.x + margin, area.y, color);
}

box canvas::reserve(corner where, double width_units, double height_units) {
  const auto area = take(where, width_units * unit_, height_units * unit_);
  return {(area.x - picture_.x) / picture_.width, (area.y - picture_.y) / picture_.height, area.width / picture_.width,
          area.height / picture_.height};
}

box canvas::reserve_strip(double height_units) {
  const double height = height_units * unit_;
  auto& used = used_px_[static_cast<std::size_t>(corner::bottom_left)];
  used = height + 0.4 * unit_;
  taken_.push_back({picture_.x, picture_.y + picture_.height - height, picture_.width, height});
  return {0, 1 - height / picture_.height, 1, height / picture_.height};
}

void canvas::finish() {
  const double margin = 0.4 * unit_;
  for (const auto& [about, text, color] : labels_) {
    letters_.set(text, font_px_, 0.4 * picture_.width);
    const auto [width, height] = letters_.size();
    // A little away from the line around what it is about.
    const pixel_box around{about.x - margin, about.y - margin, about.width + 2 * margin, about.height + 2 * margin};
    const auto area = label_place({0, 0, width + 2 * margin, height}, around, picture_, taken_);
    plate(area, color);
    letters_.draw(area.x + margin, area.y, color);
  }
}

} // namespace timeloom
