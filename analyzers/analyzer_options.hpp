/// What users can set of each analyzer. Travels with a job to the workers; validated where it is read in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace timeloom {

struct color_analysis_options {
  double rate_hz = 2; ///< samples a second
  int colors = 5;     ///< dominant colours named for a scene, 1 to 16

  bool operator==(const color_analysis_options&) const = default;
};

struct camera_analysis_options {
  double rate_hz = 6; ///< motion estimates a second

  bool operator==(const camera_analysis_options&) const = default;
};

struct audio_levels_options {
  double silence_dbfs = -60; ///< samples below are silent
  double silence_min_s = 2;  ///< the shortest silence told, above 0

  bool operator==(const audio_levels_options&) const = default;
};

struct text_overlay_options {
  double rate_hz = 1;                        ///< frames read a second
  std::vector<std::string> languages{"eng"}; ///< Tesseract's names
  double min_confidence = 60;                ///< lines below are dropped, 0 to 100

  bool operator==(const text_overlay_options&) const = default;
};

struct eye_tracking_options {
  double rate_hz = 6;     ///< pictures a second; blinks are short
  double min_score = 0.3; ///< as of object_detection

  bool operator==(const eye_tracking_options&) const = default;
};

struct object_detection_options {
  double rate_hz = 3;      ///< pictures a second
  double min_score = 0.25; ///< a thing must be seen with at least this once; weaker sightings only continue its track

  bool operator==(const object_detection_options&) const = default;
};

struct body_pose_options {
  double rate_hz = 6;
  double min_score = 0.25; ///< as of object_detection

  bool operator==(const body_pose_options&) const = default;
};

struct background_segmentation_options {
  double rate_hz = 2;
  double min_share = 0.05; ///< of the picture that a class must cover to be told, above 0

  bool operator==(const background_segmentation_options&) const = default;
};

/// What a caption is about: a scene by its first, representative and last frame, or each of these alone.
enum class caption_unit : std::uint8_t { scene, frame };

struct scene_caption_options {
  std::string prompt = "Describe in one or two sentences what is to be seen.";
  caption_unit caption = caption_unit::scene;
  int max_new_tokens = 150; ///< a caption ends there
  int max_tiles = 12;       ///< into which a picture is cut, so that small things are seen; 1 to 12

  bool operator==(const scene_caption_options&) const = default;
};

struct analyzer_options {
  color_analysis_options color_analysis;
  camera_analysis_options camera_analysis;
  audio_levels_options audio_levels;
  text_overlay_options text_overlay;
  eye_tracking_options eye_tracking;
  object_detection_options object_detection;
  body_pose_options body_pose;
  background_segmentation_options background_segmentation;
  scene_caption_options scene_caption;

  bool operator==(const analyzer_options&) const = default;
};

} // namespace timeloom
