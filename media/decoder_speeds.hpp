/// Which decoder a video is decoded with that is alone on its host, from what decoding was measured to cost there. Any
/// thread.
///
/// A cost is the time that a video waits for its decoder: on a host whose cores or GPU have other things to do, it says
/// so. Where several are decoded at once there is nothing to choose: cores and GPUs do it together.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace timeloom {

enum class decoder_kind : std::uint8_t { software, nvdec };

std::string_view to_string(decoder_kind decoder);
std::optional<decoder_kind> decoder_kind_from_string(std::string_view name);

/// Which decoders may be chosen for a video.
enum class decoder_rule : std::uint8_t {
  software,
  measured, ///< either: what was measured to be faster
  nvdec     ///< where the GPU decodes it, else software
};

std::string_view to_string(decoder_rule rule);
std::optional<decoder_rule> decoder_rule_from_string(std::string_view name);

/// The smallest of the common sizes that has as many pixels.
enum class size_class : std::uint8_t { p480, p720, p1080, p2160, larger };

size_class size_class_of(int width, int height);
std::string_view to_string(size_class size); ///< "1080p"
std::optional<size_class> size_class_from_string(std::string_view name);

/// What videos have in common whose decoding is compared.
struct decoding_case {
  std::string codec; ///< FFmpeg's name
  size_class size = size_class::p1080;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 looks into what the compiler writes
  auto operator<=>(const decoding_case&) const = default;
};

/// Seconds a frame, 0 when not measured.
struct decoder_times {
  double software_s = 0;
  double nvdec_s = 0;
  int passed_over = 0; ///< videos measured since the slower one was

  bool operator==(const decoder_times&) const = default;
};

using decoder_speeds = std::map<decoding_case, decoder_times>;

inline constexpr std::size_t most_decoding_cases = 100; ///< that are kept: codecs x sizes

/// What decoding a video cost.
struct decoding_cost {
  decoder_kind decoder = decoder_kind::software; ///< that was chosen, whatever the GPU then said to it
  size_class size = size_class::p1080;
  double seconds = 0; ///< that the video waited for it

  bool operator==(const decoding_cost&) const = default;
};

struct chosen_decoder {
  decoder_kind decoder = decoder_kind::software;
  std::string reason; ///< for people, after "because"
};

/// The faster one, each tried first when it was not measured, software before the GPU, and the slower one measured
/// again after 32 videos.
chosen_decoder choose_decoder(const decoder_speeds& measured, const decoding_case& what);

/// Takes a measurement in: a quarter of what is then known. Of short videos, which measure how a decoder starts, and of
/// more cases than there can be, nothing is taken.
void measure(decoder_speeds& speeds, const decoding_case& what, const decoding_cost& cost, std::int64_t frames);

} // namespace timeloom
