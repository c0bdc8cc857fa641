#include "analyzers/text_lines.hpp"

#include "analyzers/kept_letters.hpp"
#include "analyzers/reading_worth.hpp"
#include "analyzers/spoken_words.hpp"
#include "analyzers/text_vote.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr double same_strokes = 0.6;  // likeness of a line with itself over another background
constexpr double moved_strokes = 0.7; // of a line with itself at another place
constexpr double same_letters = 0.7;  // least kept ink of a letter that is not another
constexpr double same_picture = 0.85; // of one that is not worth another reading
constexpr int running_after = 3;      // lines in a row that were replaced soon
constexpr std::chrono::seconds soon{3};
constexpr std::chrono::seconds running_step{5}; // between readings of a line that changes all the time
constexpr std::chrono::seconds trust_step{1};   // that a doubt without reason adds to the time without another
constexpr double least_likelihood = 14;         // under it a region is not even remembered
constexpr double known_region = 0.6;            // of a region that lines make up
constexpr double same_area = 0.6;               // intersection over union
constexpr double inside_share = 0.7;            // of a line that is part of a region
constexpr double in_place = 0.5;                // of a line in doubt that is covered by another
constexpr double doubled_share = 0.4;           // of the smaller of two lines that say nearly the same
constexpr double letter_share = 0.7;            // of letters' height, the width of one
constexpr int most_wider = 2;
constexpr double most_growth = 1.6;  // of the letters of a line that grew
constexpr double most_stretch = 1.2; // of a line that moved
constexpr int most_likely_read = 24; // in a picture
constexpr int most_unlikely_read = 4;
constexpr double legible = 0.6;
constexpr double same_text = 0.75;   // misread letters are common; another sentence is not this close
constexpr double agreed = 0.9;       // for a line of which the strokes have changed
constexpr int most_missed = 1;       // pictures in a row without a line that goes on
constexpr std::size_t most_kept = 8; // readings of a line

double overlap(const pixel_box& a, const pixel_box& b) {
  const double both = shared_pixels(a, b);
  return both / (pixels_of(a) + pixels_of(b) - both);
}

/// Whether a line that was read without one or more of its letters may be larger, as `region` is.
bool may_be_cut(const seen_line& one, const text_region& region) {
  const int beyond = std::max(one.region.area.left - region.area.left,
                              region.area.left + region.area.width - one.region.area.left - one.region.area.width);
  return beyond > letter_share * region.letter_px && known_share(voted(one.readings)) < 1;
}

/// Whether `one` of this picture says nearly the same as what was read there now.
bool is_doubled(frame_position at, const seen_line& one, const seen_line& fresh) {
  if (one.last != at || shared_pixels(one.region.area, fresh.region.area) <=
                            doubled_share * std::min(pixels_of(one.region.area), pixels_of(fresh.region.area)))
    return false;
  const auto said = voted(one.readings).text;
  return letters_in(said) > 2 && text_similarity(said, fresh.readings.front().text) >= same_text;
}

} // namespace

expected<void> text_lines::see(frame_position at, const text_picture& picture) {
  if (picture.gray.width != width_ || picture.gray.height != height_) {
    finish();
    width_ = picture.gray.width;
    height_ = picture.gray.height;
  }
  auto result = follow(at, picture);
  if (result)
    result = look_for_new(at, picture);
  drop_parts(at);
  for (auto& one : open_)
    one.missed = one.last == at ? 0 : one.missed + 1;
  const auto gone =
      std::stable_partition(open_.begin(), open_.end(), [](const seen_line& one) { return one.missed <= most_missed; });
  std::for_each(gone, open_.end(), [&](const seen_line& one) { close(one); });
  open_.erase(gone, open_.end());
  earlier_.keep(at, picture.gray);
  return result;
}

expected<void> text_lines::follow(frame_position at, const text_picture& picture) {
  for (auto& one : open_) {
    one.doubted = false;
    const auto now = line_picture(picture, one.region);
    if (likeness(one.picture.view(), now.view()) < same_strokes) {
      fade(one, picture.gray);
      continue;
    }
    const double confidence = best_confidence(one.readings);
    const bool surely = has_sure(one.readings);
    const bool changed = kept_letters(one.picture.view(), now.view()) < (surely ? same_letters : same_picture);
    one.runs = one.runs || (changed && one.replaced >= running_after);
    const bool asks = changed && at.time >= one.trusted_to;
    one.doubted = asks && confidence < hopeless_reading;
    if (!one.doubted && (asks || needs_another(one.readings, one.region.likelihood))) {
      const bool light = one.region.light;
      auto again = confidence < hopeless_reading ? reader_.read(picture, one.region, one.choice)
                                                 : reader_.read_as(picture, one.region, one.choice);
      if (!again)
        return tl::unexpected{again.error()};
      const auto before = voted(one.readings);
      one.doubted = asks && again->confidence >= legible &&
                    (says_otherwise(before, *again) || text_similarity(before.text, again->text) < agreed);
      if (asks && !one.doubted) {
        one.picture = now;
        one.trusted_to = at.time + ++one.needless * trust_step;
      }
      if (one.region.light != light)
        one.picture = line_picture(picture, one.region);
      if (!one.doubted && !surely) {
        one.readings.push_back(std::move(*again));
        keep_best(one.readings, most_kept);
      }
    }
    if (one.doubted)
      continue;
    one.last = at;
    ++one.pictures;
  }
  return {};
}

expected<void> text_lines::look_for_new(frame_position at, const text_picture& picture) {
  int likely_read = 0;
  int unlikely_read = 0;
  const auto before = std::exchange(unread_, {});
  for (auto& region : find_text_regions(picture.gray)) {
    if (region.likelihood < least_likelihood || is_known(at, region) || has_moved_to(at, picture, region))
      continue;
    const bool at_once = region.likelihood >= likely_text || doubted_at(region) != nullptr;
    const bool has_stayed = std::any_of(before.begin(), before.end(), [&](const text_region& one) {
      return one.light == region.light && overlap(one.area, region.area) > same_area;
    });
    if (!at_once && !has_stayed) {
      unread_.push_back(region);
      continue;
    }
    auto& count = at_once ? likely_read : unlikely_read;
    if (count++ >= (at_once ? most_likely_read : most_unlikely_read))
      continue;
    seen_line fresh;
    auto reading = read_there(picture, region, fresh.choice);
    if (!reading)
      return tl::unexpected{reading.error()};
    fresh.area = in_parts(region.area);
    fresh.picture = line_picture(picture, region);
    fresh.region = region;
    fresh.first = at_once ? at : earlier_.last();
    fresh.last = at;
    fresh.pictures = at_once ? 1 : 2;
    if (reading->confidence >= hopeless_reading)
      fresh.first = earlier_.first_of(fresh.picture.view(), fresh.region, fresh.first);
    fresh.readings.push_back(std::move(*reading));
    take_in(at, std::move(fresh));
  }
  for (auto& one : open_)
    if (one.doubted) { // and nothing else was found there
      one.last = at;
      ++one.pictures;
      one.trusted_to = at.time + ++one.needless * trust_step;
    }
  return {};
}

/// Whether lines that were followed to this picture make up the region. One that is larger is read, but not for ever.
bool text_lines::is_known(frame_position at, const text_region& region) {
  double known = 0;
  seen_line* inside = nullptr;
  for (auto& one : open_) {
    if (one.last != at || one.region.letter_px > most_growth * region.letter_px)
      continue;
    // What could not be read says nothing about a part of it.
    if (best_confidence(one.readings) < legible && overlap(one.region.area, region.area) < same_area)
      continue;
    const double shared = shared_pixels(one.region.area, region.area);
    known += shared;
    if (shared > inside_share * pixels_of(one.region.area) && best_confidence(one.readings) >= hopeless_reading)
      inside = &one;
  }
  if (known > known_region * pixels_of(region.area))
    return inside == nullptr || !may_be_cut(*inside, region) || inside->wider++ >= most_wider;
  if (inside == nullptr)
    return false;
  return region.letter_px > most_growth * inside->region.letter_px || inside->wider++ >= most_wider;
}

/// Whether a line that is not at its place any more is at this one.
bool text_lines::has_moved_to(frame_position at, const text_picture& picture, const text_region& region) {
  for (auto& one : open_) {
    if (one.last == at || one.doubted || best_confidence(one.readings) < hopeless_reading)
      continue;
    const double across = static_cast<double>(region.area.width) / one.region.area.width;
    const double down = region.letter_px / one.region.letter_px;
    if (std::max(across, 1 / across) > most_stretch || std::max(down, 1 / down) > most_stretch)
      continue;
    auto way = region;
    way.light = one.region.light;
    way.letter_px = one.region.letter_px;
    if (auto moved = line_picture(picture, way); likeness(one.picture.view(), moved.view()) >= moved_strokes) {
      one.path.add({one.last.time, in_parts(one.region.area)});
      one.path.add({at.time, in_parts(way.area)});
      one.region = way;
      one.picture = std::move(moved);
      one.last = at;
      ++one.pictures;
      return true;
    }
  }
  return false;
}

const seen_line* text_lines::doubted_at(const text_region& region) const {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const seen_line& one) {
    return one.doubted && overlap(one.region.area, region.area) > same_area;
  });
  return found == open_.end() ? nullptr : &*found;
}

/// Where a line is in doubt, as it was read before if that is sure, else in the ways that may help.
expected<line_reading> text_lines::read_there(const text_picture& picture, text_region& region, letter_choice& choice) {
  if (const auto* doubted = doubted_at(region)) {
    auto way = region;
    way.light = doubted->region.light;
    auto reading = reader_.read_as(picture, way, doubted->choice);
    if (!reading || is_sure(*reading)) {
      region.light = way.light;
      choice = doubted->choice;
      return reading;
    }
  }
  return reader_.read(picture, region, choice);
}

/// A line that was not found in the picture before may have been there, fainter; then it is missed from `now` on only.
void text_lines::fade(seen_line& one, const plane_view& now) {
  if (one.missed != 1 || !earlier_.is_last_of(one.picture.view(), one.region, now))
    return;
  one.last = earlier_.last();
  one.missed = 0;
}

/// Ends the lines in doubt in the place of which other words were read.
void text_lines::replace_doubted(frame_position at, seen_line& fresh) {
  std::erase_if(open_, [&](const seen_line& one) {
    if (!one.doubted || shared_pixels(one.region.area, fresh.region.area) <= in_place * pixels_of(one.region.area) ||
        !says_otherwise(voted(one.readings), fresh.readings.front()))
      return false;
    fresh.first = at; // its other letters were there before
    fresh.replaced = one.runs || at.time - one.first.time < soon ? one.replaced + 1 : 0;
    if (fresh.replaced >= running_after)
      fresh.trusted_to = at.time + running_step;
    close(one);
    return true;
  });
}

/// `one` is the line that was read now, and goes on as `fresh`; it `repeats` what it said.
void text_lines::join(frame_position at, seen_line& fresh, const seen_line& one, bool repeats) {
  fresh.first = std::min(fresh.first, one.first);
  fresh.pictures = std::max(fresh.pictures, one.pictures + (one.last != at));
  fresh.runs = fresh.runs || one.runs;
  fresh.replaced = std::max(fresh.replaced, one.replaced);
  if (one.doubted) {
    fresh.needless = one.needless + 1;
    fresh.trusted_to = at.time + (fresh.runs ? running_step : fresh.needless * trust_step);
  }
  const bool elsewhere = repeats && overlap(one.region.area, fresh.region.area) <= same_area;
  if (elsewhere || one.path.points().size() > 1) {
    fresh.path = one.path;
    if (elsewhere)
      fresh.path.add({one.last.time, in_parts(one.region.area)});
    fresh.path.add({at.time, fresh.area});
  }
  if (repeats) {
    fresh.readings.insert(fresh.readings.begin(), one.readings.begin(), one.readings.end());
    keep_best(fresh.readings, most_kept);
  }
}

/// Adds a line that was read, to those that are already there and the same.
void text_lines::take_in(frame_position at, seen_line fresh) {
  const auto reading = fresh.readings.front();
  if (std::any_of(open_.begin(), open_.end(), [&](const seen_line& one) {
        return is_doubled(at, one, fresh) && worth(reading) < worth(voted(one.readings));
      }))
    return;
  replace_doubted(at, fresh);
  bool known = false;
  for (auto one = open_.begin(); one != open_.end();) {
    const auto before = voted(one->readings);
    const double covered = shared_pixels(one->region.area, fresh.region.area) / pixels_of(one->region.area);
    const bool named = letters_in(before.text) > 2;
    const bool here = one->last == at;
    const bool still = one->doubted && covered > in_place;
    const bool moved =
        !here && named && text_similarity(before.text, reading.text) >= same_text && !says_otherwise(before, reading);
    const bool grown =
        here && covered > inside_share && reading.confidence >= before.confidence - 0.1 &&
        (before.confidence < hopeless_reading || worth(reading) > worth(before) ||
         reading.text.find(before.text) != std::string::npos || text_similarity(before.text, reading.text) >= 0.5);
    const bool part =
        (here || one->doubted) && covered > 0 && named && reading.text.find(before.text) != std::string::npos;
    if (!still && !moved && !grown && !part && !is_doubled(at, *one, fresh)) {
      ++one;
      continue;
    }
    join(at, fresh, *one, (moved || still) && !known);
    known = true;
    one = open_.erase(one);
  }
  if (fresh.path.points().empty())
    fresh.path.add({fresh.first.time, fresh.area});
  open_.push_back(std::move(fresh));
}

/// Of two lines of this picture, one may have become part of the other.
void text_lines::drop_parts(frame_position at) {
  for (auto part = open_.begin(); part != open_.end();) {
    const auto whole = std::find_if(open_.begin(), open_.end(), [&](const seen_line& one) {
      if (one.last != at || part->last != at ||
          shared_pixels(one.region.area, part->region.area) <= inside_share * pixels_of(part->region.area))
        return false;
      const auto some = voted(part->readings).text;
      const auto all = voted(one.readings);
      return all.confidence >= legible && letters_in(some) > 2 && all.text.size() > some.size() &&
             all.text.find(some) != std::string::npos;
    });
    if (whole == open_.end()) {
      ++part;
      continue;
    }
    whole->first = std::min(whole->first, part->first);
    whole->pictures = std::max(whole->pictures, part->pictures);
    part = open_.erase(part);
  }
}

void text_lines::finish() {
  for (auto& one : open_) {
    fade(one, {});
    close(one);
  }
  earlier_.clear();
  open_.clear();
  unread_.clear();
}

box text_lines::in_parts(const pixel_box& area) const {
  const double width = width_;
  const double height = height_;
  return {area.left / width, area.top / height, area.width / width, area.height / height};
}

void text_lines::close(const seen_line& gone) {
  if (auto told = told_line(gone, least_confidence_))
    events_.push_back(std::move(*told));
}

} // namespace timeloom
