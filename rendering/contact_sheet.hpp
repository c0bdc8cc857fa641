/// The scenes of a video on one picture: of each its representative frame, number, time and main colours.
#pragma once

#include "rendering/canvas.hpp"
#include "timeline/timeline.hpp"

#include <vector>

namespace timeloom {

/// How the tiles lie: row by row, all of one size.
struct sheet_layout {
  int columns = 0;
  int tile_width = 0;  ///< with its margins
  int tile_height = 0; ///< with its caption
  int picture_width = 0;
  int picture_height = 0;
  int margin = 0; ///< around the picture, which lies at the top of its tile

  bool operator==(const sheet_layout&) const = default;
};

/// About as many columns as rows, at most 6000 pixels wide; the more scenes, the smaller their pictures, of `frame`'s
/// proportions.
sheet_layout layout_of(std::size_t scenes, picture_size frame);

/// One owner, one thread.
class contact_sheet {
public:
  /// `of` must outlive this and has scenes; its pictures are of the size `frame`.
  static expected<contact_sheet> create(const timeline& of, picture_size frame);

  /// Every frame of the video in order, before anything is drawn on it: those that stand for a scene are kept.
  void see(const canvas& picture, const frame_position& at);

  /// Writes the sheet as a PNG.
  expected<void> write(int fd) const;

private:
  contact_sheet(const timeline& of, sheet_layout layout, cairo::surface surface, cairo::context context);
  void describe(std::size_t number);

  const timeline& of_;
  sheet_layout layout_;
  cairo::surface surface_;
  cairo::context context_;
  lettering letters_;
  std::vector<const event*> colors_; // of each scene; null without
  std::size_t next_ = 0;             // scene whose frame has not come yet
};

} // namespace timeloom
