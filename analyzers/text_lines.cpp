#include "analyzers/text_lines.hpp"

#include "analyzers/text_vote.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace timeloom {

namespace {

constexpr double same_strokes = 0.6;  // likeness of a line with itself over another background
constexpr double moved_strokes = 0.7; // of a line with itself at another place
constexpr double likely = 40;         // likelihood of a region that is read at once
constexpr double likeliest = 60;      // of one that is worth trying several ways
constexpr double certain = 100;       // of one that is hardly anything but text
constexpr double certain_bonus = 0.1; // off the confidence that it needs
constexpr int long_letters = 10;
constexpr double least_likelihood = 14; // under it a region is not even remembered
constexpr double known_region = 0.6;    // of a region that lines make up
constexpr double same_area = 0.6;       // intersection over union
constexpr double inside_share = 0.7;    // of a line that is part of a region
constexpr int most_wider = 2;
constexpr double most_growth = 1.6;  // of the letters of a line that grew
constexpr double most_stretch = 1.2; // of a line that moved
constexpr int most_likely_read = 24; // in a picture
constexpr int most_unlikely_read = 4;
constexpr double sure = 0.9;      // a reading that needs no other
constexpr double sure_word = 0.8; // each of its words
constexpr double whole = 0.9;     // coverage of such a one
constexpr double hopeless = 0.45;
constexpr double legible = 0.6;
constexpr int most_readings = 4;          // of a line
constexpr double outlined_contrast = 100; // from which on letters may have outlines
constexpr double same_text = 0.75;        // misread letters are common; another sentence is not this close
constexpr std::size_t most_earlier = 3;   // pictures that are kept, to see where a line began
constexpr int most_missed = 1;            // pictures in a row without a line that goes on

double overlap(const pixel_box& a, const pixel_box& b) {
  const double both = shared_pixels(a, b);
  return both / (pixels_of(a) + pixels_of(b) - both);
}

box in_parts(const pixel_box& area, const plane_view& of) {
  const double width = of.width;
  const double height = of.height;
  return {area.left / width, area.top / height, area.width / width, area.height / height};
}

double best_confidence(std::span<const line_reading> readings) {
  double best = 0;
  for (const auto& one : readings)
    best = std::max(best, one.confidence);
  return best;
}

/// Of a reading's letters, those of words that the language has.
double known_share(const line_reading& reading) {
  double known = 0;
  double all = 0;
  for (const auto& word : reading.words) {
    all += static_cast<double>(word.text.size());
    known += word.known ? static_cast<double>(word.text.size()) : 0;
  }
  return all > 0 ? known / all : 0;
}

/// More is better. A reading that left letters out is none.
double worth(const line_reading& reading) {
  return reading.confidence * reading.coverage * (0.7 + 0.3 * known_share(reading)) *
         (1 + 0.005 * std::min(letters_in(reading.text), 60));
}

/// Whether it leaves nothing to ask: one poor word in a long line hardly shows in the line's confidence.
bool is_sure(const line_reading& reading) {
  return reading.confidence >= sure && std::all_of(reading.words.begin(), reading.words.end(),
                                                   [](const read_word& word) { return word.confidence >= sure_word; });
}

bool needs_another(std::span<const line_reading> readings, double likelihood) {
  const double best = best_confidence(readings);
  const std::size_t most = best >= hopeless ? most_readings : likelihood >= likeliest ? 2 : 1;
  return readings.size() < most && std::none_of(readings.begin(), readings.end(), is_sure);
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
  for (auto& one : open_)
    one.missed = one.last == at ? 0 : one.missed + 1;
  const auto gone =
      std::stable_partition(open_.begin(), open_.end(), [](const line& one) { return one.missed <= most_missed; });
  std::for_each(gone, open_.end(), [&](const line& one) { close(one); });
  open_.erase(gone, open_.end());
  keep(at, picture.gray);
  return result;
}

expected<void> text_lines::follow(frame_position at, const text_picture& picture) {
  for (auto& one : open_) {
    if (likeness(one.picture.view(), line_picture(picture, one.region).view()) < same_strokes) {
      fade(one, picture.gray);
      continue;
    }
    one.last = at;
    ++one.pictures;
    if (!needs_another(one.readings, one.region.likelihood))
      continue;
    auto again = best_confidence(one.readings) < hopeless ? read(picture, one.region, one.choice)
                                                          : read_as(picture, one.region, one.choice);
    if (!again)
      return tl::unexpected{again.error()};
    one.readings.push_back(std::move(*again));
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
    const bool at_once = region.likelihood >= likely;
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
    line fresh;
    auto reading = read(picture, region, fresh.choice);
    if (!reading)
      return tl::unexpected{reading.error()};
    fresh.area = in_parts(region.area, picture.gray);
    fresh.picture = line_picture(picture, region);
    fresh.region = region;
    fresh.first = at_once ? at : earlier_.back().at;
    fresh.last = at;
    fresh.pictures = at_once ? 1 : 2;
    if (reading->confidence >= hopeless)
      fresh.first = began(fresh);
    fresh.readings.push_back(std::move(*reading));
    take_in(at, std::move(fresh));
  }
  return {};
}

/// Whether lines that were followed to this picture make up the region. One that is larger is read, but not for ever.
bool text_lines::is_known(frame_position at, const text_region& region) {
  double known = 0;
  line* inside = nullptr;
  for (auto& one : open_) {
    if (one.last != at || one.region.letter_px > most_growth * region.letter_px)
      continue;
    // What could not be read says nothing about a part of it.
    if (best_confidence(one.readings) < legible && overlap(one.region.area, region.area) < same_area)
      continue;
    const double shared = shared_pixels(one.region.area, region.area);
    known += shared;
    if (shared > inside_share * pixels_of(one.region.area) && best_confidence(one.readings) >= hopeless)
      inside = &one;
  }
  if (known > known_region * pixels_of(region.area))
    return true;
  if (inside == nullptr)
    return false;
  return region.letter_px > most_growth * inside->region.letter_px || inside->wider++ >= most_wider;
}

/// Whether a line that is not at its place any more is at this one.
bool text_lines::has_moved_to(frame_position at, const text_picture& picture, const text_region& region) {
  for (auto& one : open_) {
    if (one.last == at || best_confidence(one.readings) < hopeless)
      continue;
    const double across = static_cast<double>(region.area.width) / one.region.area.width;
    const double down = region.letter_px / one.region.letter_px;
    if (std::max(across, 1 / across) > most_stretch || std::max(down, 1 / down) > most_stretch)
      continue;
    auto way = region;
    way.light = one.region.light;
    way.letter_px = one.region.letter_px;
    if (auto moved = line_picture(picture, way); likeness(one.picture.view(), moved.view()) >= moved_strokes) {
      one.region = way;
      one.picture = std::move(moved);
      one.last = at;
      ++one.pictures;
      return true;
    }
  }
  return false;
}

expected<line_reading> text_lines::read_as(const text_picture& picture, const text_region& region,
                                           letter_choice choice) {
  ++readings_;
  auto reading = reader_(line_picture(picture, region, choice).view());
  if (reading)
    reading->text = tidied(reading->text);
  return reading;
}

/// Reads in the ways that may help, until one is sure. The region's polarity and `choice` become the best way.
expected<line_reading> text_lines::read(const text_picture& picture, text_region& region, letter_choice& choice) {
  using enum letter_choice;
  constexpr std::array outlined{enclosed, all, colored};
  constexpr std::array faint{all, colored, grays};
  line_reading best;
  std::vector<line_reading> tried;
  for (const bool light : {region.light, !region.light}) {
    for (const auto each : region.contrast >= outlined_contrast ? outlined : faint) {
      if (each == colored && picture.bgr.data == nullptr)
        continue;
      auto way = region;
      way.light = light;
      auto reading = read_as(picture, way, each);
      if (!reading)
        return reading;
      tried.push_back(*reading);
      if (worth(*reading) > worth(best)) {
        best = std::move(*reading);
        region.light = light;
        choice = each;
      }
      if (best.confidence >= sure && best.coverage >= whole && each != enclosed)
        return best;
      if (best.confidence < hopeless && region.likelihood < likeliest)
        return best;
    }
    if (!region.either || (best.confidence >= sure && best.coverage >= whole))
      break;
  }
  return with_words_of(best, tried);
}

/// A line that was not found in the picture before may have been there, fainter; then it is missed from `now` on only.
void text_lines::fade(line& one, const plane_view& now) {
  if (one.missed != 1 || !shows_faintly(one.picture.view(), one.region, earlier_.back().gray.view(), now))
    return;
  one.last = earlier_.back().at;
  one.missed = 0;
}

/// The first picture that shows the line, though too faintly to be found.
frame_position text_lines::began(const line& one) const {
  auto first = one.first;
  for (std::size_t i = earlier_.size(); i-- > 0;) {
    const auto& [at, gray] = earlier_[i];
    if (at >= first)
      continue;
    if (i == 0 && earlier_.size() == most_earlier) // what was there before is not known any more
      break;
    if (!shows_faintly(one.picture.view(), one.region, gray.view(), i > 0 ? earlier_[i - 1].gray.view() : plane_view{}))
      break;
    first = at;
  }
  return first;
}

void text_lines::keep(frame_position at, const plane_view& gray) {
  seen_picture kept;
  if (earlier_.size() == most_earlier) {
    kept = std::move(earlier_.front());
    earlier_.pop_front();
  }
  kept.at = at;
  kept.gray.resize(gray.width, gray.height);
  for (int y = 0; y < gray.height; ++y)
    std::copy_n(gray.row(y), gray.width, kept.gray.row(y));
  earlier_.push_back(std::move(kept));
}

/// Adds a line that was read, to one that is already there if it is the same.
void text_lines::take_in(frame_position at, line fresh) {
  const auto reading = fresh.readings.front();
  bool known = false;
  for (auto one = open_.begin(); one != open_.end();) {
    const auto before = voted(one->readings);
    const double covered = shared_pixels(one->region.area, fresh.region.area) / pixels_of(one->region.area);
    const bool moved =
        one->last != at && letters_in(before.text) > 2 && text_similarity(before.text, reading.text) >= same_text;
    const bool grown = one->last == at && covered > inside_share && reading.confidence >= before.confidence - 0.1 &&
                       (before.confidence < hopeless || reading.text.find(before.text) != std::string::npos ||
                        text_similarity(before.text, reading.text) >= 0.5);
    const bool part = one->last == at && covered > 0 && letters_in(before.text) > 2 &&
                      reading.text.find(before.text) != std::string::npos;
    if (!moved && !grown && !part) {
      ++one;
      continue;
    }
    fresh.first = std::min(fresh.first, one->first);
    fresh.pictures = std::max(fresh.pictures, one->pictures + (one->last != at));
    if (moved && !known)
      fresh.readings.insert(fresh.readings.begin(), one->readings.begin(), one->readings.end());
    known = true;
    one = open_.erase(one);
  }
  open_.push_back(std::move(fresh));
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

void text_lines::close(const line& gone) {
  const auto said = with_words_of(voted(gone.readings), gone.readings);
  const int letters = letters_in(said.text);
  const double least = (gone.pictures == 1 ? (letters < 6 ? 0.85 : 0.75) : (letters < 6 ? 0.8 : 0.6)) -
                       (letters >= long_letters && gone.region.likelihood >= certain ? certain_bonus : 0);
  if (said.confidence < std::max(least, least_confidence_) || !looks_like_text(said.text))
    return;
  event found;
  found.analyzer = "text_overlay";
  found.kind = "text";
  found.start = gone.first;
  found.end = gone.last;
  found.score = std::round(100 * said.confidence) / 100;
  found.area = gone.area;
  found.text = said.text;
  found.attributes = {{"pictures", gone.pictures}};
  events_.push_back(std::move(found));
}

} // namespace timeloom
