#include "rendering/contact_sheet.hpp"

#include "rendering/attribute_values.hpp"
#include "rendering/png_file.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

constexpr int widest_px = 6000, widest_tile_px = 336, narrowest_tile_px = 24;
constexpr double background = 0.09;
constexpr double paler = 0.75; // of captions

std::string clock_text(media_time time) {
  const auto tenths = std::llround(to_seconds(time) * 10);
  return tenths >= 36'000
             ? fmt::format("{}:{:02}:{:02}.{}", tenths / 36'000, tenths / 600 % 60, tenths / 10 % 60, tenths % 10)
             : fmt::format("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10);
}

double caption_px(const sheet_layout& layout) {
  return std::max(6.0, layout.tile_width / 24.0);
}

} // namespace

sheet_layout layout_of(std::size_t scenes, picture_size frame) {
  sheet_layout layout;
  // Tiles are wider than high, so a few more rows than columns make a sheet of a screen's shape.
  layout.columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(scenes)))));
  layout.tile_width = std::clamp(widest_px / layout.columns, narrowest_tile_px, widest_tile_px);
  layout.margin = layout.tile_width / 42;
  layout.picture_width = layout.tile_width - 2 * layout.margin;
  layout.picture_height = std::clamp(layout.picture_width * frame.height / frame.width, 1, 2 * layout.picture_width);
  layout.tile_height =
      layout.picture_height + 3 * layout.margin + static_cast<int>(std::ceil(2.2 * caption_px(layout)));
  return layout;
}

expected<contact_sheet> contact_sheet::create(const timeline& of, picture_size frame) {
  const auto layout = layout_of(of.scenes.size(), frame);
  const auto rows =
      (of.scenes.size() + static_cast<std::size_t>(layout.columns) - 1) / static_cast<std::size_t>(layout.columns);
  const auto width = layout.columns * layout.tile_width;
  const auto height = static_cast<std::int64_t>(rows) * layout.tile_height;
  cairo::surface surface{
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, static_cast<int>(std::min<std::int64_t>(height, 1 << 30)))};
  cairo::context context{cairo_create(surface.get())};
  if (const auto status = cairo_status(context.get()); status != CAIRO_STATUS_SUCCESS)
    return fail(errc::exhausted, "no contact sheet of {} scenes ({}x{}) can be made: {}", of.scenes.size(), width,
                height, cairo_status_to_string(status));
  return contact_sheet{of, layout, std::move(surface), std::move(context)};
}

contact_sheet::contact_sheet(const timeline& of, sheet_layout layout, cairo::surface surface, cairo::context context)
    : of_(of),
      layout_(layout),
      surface_(std::move(surface)),
      context_(std::move(context)),
      letters_(context_.get()),
      colors_(of.scenes.size()) {
  cairo_set_source_rgb(context_.get(), background, background, background);
  cairo_paint(context_.get());
  auto color = of.events.begin();
  for (std::size_t i = 0; i < of.scenes.size(); ++i) {
    color = std::find_if(color, of.events.end(), [&](const event& one) {
      return one.analyzer == "color_analysis" && one.start.index >= of.scenes[i].first.index;
    });
    if (color != of.events.end() && color->start.index <= of.scenes[i].last.index)
      colors_[i] = &*color;
    describe(i);
  }
}

void contact_sheet::describe(std::size_t number) {
  const auto& one = of_.scenes[number];
  const int column = static_cast<int>(number) % layout_.columns, row = static_cast<int>(number) / layout_.columns;
  const double x = column * layout_.tile_width + layout_.margin;
  const double y = row * layout_.tile_height + layout_.picture_height + 1.5 * layout_.margin;
  const double font_px = caption_px(layout_);
  letters_.set(fmt::format("{}   {} - {}   {} shot{}", one.number, clock_text(one.first.time), clock_text(one.end),
                           one.shots, one.shots == 1 ? "" : "s"),
               font_px, layout_.picture_width);
  letters_.draw(x, y, inks::white.at(paler));
  const auto* colors = colors_[number] != nullptr ? list_of(colors_[number]->attributes, "colors") : nullptr;
  if (colors == nullptr)
    return;
  double at = x;
  for (const auto& entry : *colors) {
    const auto* color = std::get_if<attribute::object>(&entry.value);
    const auto* hex = color != nullptr ? words_of(*color, "hex") : nullptr;
    const auto tint = hex != nullptr ? ink_from_hex(*hex) : std::nullopt;
    const auto share = color != nullptr ? number_of(*color, "share") : std::nullopt;
    if (!tint || !share)
      continue;
    const double width = std::min(*share * layout_.picture_width, x + layout_.picture_width - at);
    cairo_set_source_rgb(context_.get(), tint->red, tint->green, tint->blue);
    cairo_rectangle(context_.get(), at, y + 1.5 * font_px, width, 0.6 * font_px);
    cairo_fill(context_.get());
    at += width;
  }
}

void contact_sheet::see(const canvas& picture, const frame_position& at) {
  while (next_ < of_.scenes.size() && of_.scenes[next_].representative.index < at.index)
    ++next_;
  if (next_ == of_.scenes.size() || of_.scenes[next_].representative.index != at.index)
    return;
  const int column = static_cast<int>(next_) % layout_.columns, row = static_cast<int>(next_) / layout_.columns;
  auto* context = context_.get();
  cairo_save(context);
  cairo_translate(context, column * layout_.tile_width + layout_.margin, row * layout_.tile_height + layout_.margin);
  cairo_scale(context, static_cast<double>(layout_.picture_width) / picture.size().width,
              static_cast<double>(layout_.picture_height) / picture.size().height);
  cairo_set_source_surface(context, picture.surface(), 0, 0);
  cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD);
  cairo_rectangle(context, 0, 0, picture.size().width, picture.size().height);
  cairo_fill(context);
  cairo_restore(context);
  ++next_;
}

expected<void> contact_sheet::write(int fd) const {
  return write_png(surface_.get(), fd);
}

} // namespace timeloom
