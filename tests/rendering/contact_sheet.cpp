#include "rendering/contact_sheet.hpp"

#include "core/unique_fd.hpp"
#include "tests/rendering/drawn.hpp"
#include "tests/temporary_folder.hpp"

#include <fcntl.h>
#include <iterator>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

constexpr picture_size small{160, 90};

timeline with_scenes(int count) {
  timeline found;
  for (int i = 0; i < count; ++i) {
    const auto at = [&](int frame) { return frame_position{10 * i + frame, (10 * i + frame) * 40ms}; };
    found.scenes.push_back({i + 1, at(0), at(4), at(9), at(10).time, 1, {}});
  }
  return found;
}

std::string text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

} // namespace

TEST_CASE("tiles become smaller when there are many scenes, and keep the pictures' proportions") {
  const auto few = layout_of(4, {1920, 1080}), many = layout_of(2000, {1920, 1080});
  CHECK(few.columns == 2);
  CHECK(many.columns == 45);
  CHECK(many.columns * many.tile_width <= 6000);
  for (const auto& layout : {few, many})
    CHECK(static_cast<double>(layout.picture_width) / layout.picture_height == Approx(16.0 / 9).epsilon(0.03));
  const auto upright = layout_of(4, {608, 1080});
  CHECK(upright.picture_height > upright.picture_width);
}

TEST_CASE("the sheet shows the representative frame of each scene in its tile") {
  const auto found = with_scenes(5);
  auto sheet = contact_sheet::create(found, small);
  REQUIRE(sheet);
  auto picture = tests::gray_canvas(small);
  for (int i = 0; i < 50; ++i) {
    // Only the frames that stand for a scene are bright, each scene's another shade.
    std::ranges::fill(picture.pixels(), static_cast<std::uint8_t>(i % 10 == 4 ? 150 + 20 * (i / 10) : 0));
    picture.start();
    sheet->see(picture, {i, i * 40ms});
  }
  const tests::temporary_folder folder;
  const auto path = folder.at("sheet.png");
  {
    const unique_fd file{::open(path.c_str(), O_RDWR | O_CREAT, 0600)};
    REQUIRE(sheet->write(file.get()));
  }
  const auto layout = layout_of(5, small);
  const auto bytes = text_of(path);
  REQUIRE(bytes.substr(0, 8) == "\x89PNG\r\n\x1A\n");
  CHECK(big_endian(bytes, 16) == static_cast<std::uint32_t>(3 * layout.tile_width));
  CHECK(big_endian(bytes, 20) == static_cast<std::uint32_t>(2 * layout.tile_height));

  const cairo::surface read{cairo_image_surface_create_from_png(path.c_str())};
  REQUIRE(cairo_surface_status(read.get()) == CAIRO_STATUS_SUCCESS);
  const auto* pixels = cairo_image_surface_get_data(read.get());
  const auto shade = [&](int tile) {
    const int x = tile % 3 * layout.tile_width + layout.tile_width / 2;
    const int y = tile / 3 * layout.tile_height + layout.margin + layout.picture_height / 2;
    return static_cast<int>(pixels[y * cairo_image_surface_get_stride(read.get()) + 4 * x]);
  };
  for (int tile = 0; tile < 5; ++tile)
    CHECK(shade(tile) == 150 + 20 * tile);
  CHECK(shade(5) < 50);
}

TEST_CASE("a sheet that cannot be written says why") {
  const auto found = with_scenes(1);
  const auto sheet = contact_sheet::create(found, small);
  REQUIRE(sheet);
  const unique_fd full{::open("/dev/full", O_WRONLY)};
  const auto written = sheet->write(full.get());
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("No space left") != std::string::npos);
}
