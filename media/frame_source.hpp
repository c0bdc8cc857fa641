/// Frames of a video file or a folder of images, in presentation order, each decoded once.
///
/// Only worker processes use this: it parses hostile bytes. One owner; one thread at a time.
#pragma once

#include "core/error.hpp"
#include "core/media_facts.hpp"
#include "core/media_time.hpp"
#include "core/sound.hpp"
#include "core/unique_fd.hpp"
#include "media/decoder_speeds.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

struct AVFrame;

namespace timeloom {

struct frame_free {
  void operator()(AVFrame* frame) const;
};

/// A decoded picture as FFmpeg stores it: not yet upright, any pixel format. Sharing it costs nothing.
using av_frame = std::unique_ptr<AVFrame, frame_free>;

struct decoded_frame {
  frame_position at;
  av_frame picture; ///< its `time_base` is the clock that `at.time` was told in; null: nobody looks at it
};

/// Of what is wrong with a source, in words; the rest is only counted.
inline constexpr std::size_t most_decode_notes = 5;

struct source_options {
  int threads = 0; ///< decoder threads; 0: one for each core of the host
  decoder_rule decoder = decoder_rule::software;
  decoder_speeds speeds;                 ///< to choose by, when the rule is to
  double image_rate_hz = 25;             ///< frames a second that a folder of images stands for
  std::int64_t max_pixels = 134'217'728; ///< larger pictures are refused (width times height)
  /// Called as reading gets on, from within `next` and `finish`, also while nothing comes of what is read; not by a
  /// file that is read over and over.
  std::function<void()> still_at_it{};
};

class frame_source {
public:
  virtual ~frame_source() = default;

  /// The next frame, or nothing at the end. What FFmpeg cannot decode is counted in the facts and passed over; an
  /// error means that nothing more can come.
  virtual expected<std::optional<decoded_frame>> next() = 0;

  /// `is_looked_at` says whether anybody looks at the frame of that time; it is asked once for each, in order, from
  /// within `next`. The others, but for the first, come without their picture, which need not come back from a GPU
  /// then. Call before the first `next`; without it, every frame has its picture.
  virtual void leave_out(const std::function<bool(media_time)>& is_looked_at) { (void)is_looked_at; }

  /// Goes on at a key frame before `time`, or says false and stays where it is: because decoding on is no longer, or
  /// in a format whose times are not certain then. The frames that follow have their times; their indices are not the
  /// video's. Not with `listen`.
  virtual bool jump_before(media_time time) = 0;

  /// Decodes the sound as well, if there is any: `take` gets it in order of time, from within `next`, as it comes to
  /// lie between the pictures, and says whether it wants more. What is wrong with it never ends the pictures. Call
  /// before the first `next`.
  virtual void listen(std::function<bool(sound_block)> take) = 0;

  /// What is known now of the sound that is listened to; nothing when there is none.
  virtual std::optional<sound_facts> sound() const = 0;

  /// What decoding has cost since it was opened: the time in `next` without what `listen` was given. Nothing when NVDEC
  /// could not decode it, or when not every frame is asked for.
  virtual std::optional<decoding_cost> cost() const { return std::nullopt; }

  /// What is known now. Size, rotation and pixel format are those of the first frame and known once it was read; the
  /// duration is the container's word, 0 without one; frames and errors count up.
  virtual const media_facts& facts() const = 0;

  /// Ends reading and completes the facts: hash, duration, notes. Call once, after the last `next`. Hashing what was
  /// not read can take long.
  virtual media_facts finish() = 0;
};

/// `fd` is a regular file or a folder (`is_folder`) open for reading; `name` serves messages only.
/// Errors say what the file is instead: a playlist, sound only, a cover picture, something nobody decodes.
expected<std::unique_ptr<frame_source>> open_source(unique_fd fd, bool is_folder, const std::string& name,
                                                    const source_options& options);

/// Silences FFmpeg's own printing in this process: its words go into errors and notes. Once, at start.
void prepare_media_process();

/// Names and versions of the libraries that decode, such as "libavcodec 59.37.100".
std::vector<std::string> media_library_versions();

/// Whether this FFmpeg decodes the codec of that name ("h264").
bool can_decode(const std::string& codec);

} // namespace timeloom
