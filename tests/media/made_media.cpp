#include "made_media.hpp"

#include "media/input_file.hpp"
#include "media/picture_reducer.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>
#include <stdexcept>

namespace timeloom::tests {

namespace fs = std::filesystem;

namespace {

struct scratch_folder {
  fs::path path;

  scratch_folder() {
    std::string name = (fs::temp_directory_path() / "timeloom-media-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error{"no scratch folder"};
    path = fs::canonical(name);
  }
  ~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

plane copy_of(const plane_view& view) {
  plane copy{view.width, view.height};
  for (int y = 0; y < view.height; ++y)
    std::copy_n(view.row(y), view.width, copy.row(y));
  return copy;
}

int part_of(int length, double part) {
  return static_cast<int>(length * part);
}

} // namespace

const fs::path& scratch() {
  static const scratch_folder folder;
  return folder.path;
}

std::string made(const std::string& name, const std::string& arguments) {
  const auto path = scratch() / name;
  if (fs::exists(path))
    return path;
  const auto command = fmt::format("cd '{}' && ffmpeg -nostdin -v error -y {} '{}' >ffmpeg.log 2>&1",
                                   scratch().string(), arguments, name);
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error{command + ": " + bytes_of(scratch() / "ffmpeg.log")};
  return path;
}

std::string written(const std::string& name, std::string_view bytes) {
  const auto path = scratch() / name;
  std::ofstream{path, std::ios::binary}.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

expected<std::unique_ptr<frame_source>> opened(const std::string& path, const source_options& options) {
  prepare_media_process();
  auto input = open_input(path, "");
  if (!input)
    return tl::unexpected{input.error()};
  return open_source(std::move(input->fd), input->is_folder, path, options);
}

double kept_picture::luma_in(double x0, double y0, double x1, double y1) const {
  const kept_sample gray{{luma.width(), luma.height()}, {luma.row(0), luma.row(0) + luma.width() * luma.height()}};
  return gray.mean_in(x0, y0, x1, y1)[0];
}

std::array<double, 3> kept_sample::mean_in(double x0, double y0, double x1, double y1) const {
  const auto channels = pixels.size() / static_cast<std::size_t>(size.width * size.height);
  std::array<double, 3> sums{};
  double count = 0;
  for (int y = part_of(size.height, y0); y < part_of(size.height, y1); ++y)
    for (int x = part_of(size.width, x0); x < part_of(size.width, x1); ++x, ++count)
      for (std::size_t c = 0; c < channels; ++c)
        sums.at(c) += pixels.at(static_cast<std::size_t>(y * size.width + x) * channels + c);
  for (auto& sum : sums)
    sum /= count;
  return sums;
}

kept_picture reduced(const decoded_frame& frame, int long_side_px) {
  picture_reducer reducer{long_side_px};
  const auto small = reducer.reduce(frame);
  if (!small)
    throw std::runtime_error{small.error().message};
  return {copy_of(small->luma), copy_of(small->cb), copy_of(small->cr), small->matrix};
}

kept_sample sampled(const decoded_frame& frame, sample_shape shape) {
  picture_sampler sampler;
  kept_sample kept;
  kept.pixels.resize(static_cast<std::size_t>(largest_bytes(shape)));
  const auto size = sampler.sample(frame, shape, kept.pixels);
  if (!size)
    throw std::runtime_error{size.error().message};
  kept.size = *size;
  kept.pixels.resize(static_cast<std::size_t>(size->width) * static_cast<std::size_t>(size->height) *
                     static_cast<std::size_t>(bytes_per_pixel(shape.format)));
  return kept;
}

decoded_file decoded(const std::string& path) {
  auto source = opened(path);
  if (!source)
    throw std::runtime_error{source.error().message};
  decoded_file file;
  for (;;) {
    const auto frame = (*source)->next();
    if (!frame)
      throw std::runtime_error{frame.error().message};
    if (!*frame)
      break;
    if ((*frame)->at.index != static_cast<std::int64_t>(file.times.size()))
      throw std::runtime_error{"an index is not the count of frames before"};
    file.times.push_back((*frame)->at.time);
    file.pictures.push_back(reduced(**frame));
    file.samples.push_back(sampled(**frame, {640, sample_format::bgr24}));
  }
  expected<media_facts> facts = (*source)->finish();
  if (!facts)
    throw std::runtime_error{facts.error().message};
  file.facts = std::move(*facts);
  return file;
}

std::string refusal(const std::string& path) {
  const auto source = opened(path);
  return source ? "" : source.error().message;
}

std::vector<double> in_milliseconds(const std::vector<media_time>& times) {
  std::vector<double> all;
  for (const auto time : times)
    all.push_back(static_cast<double>(time.count()) / 1e6);
  return all;
}

} // namespace timeloom::tests
