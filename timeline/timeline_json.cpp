#include "timeline/timeline_json.hpp"

#include "core/last_part.hpp"
#include "timeline/json_members.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

constexpr std::int64_t largest_side = 1 << 17;

bool is_sha256(std::string_view digits) {
  return digits.size() == 64 && std::all_of(digits.begin(), digits.end(),
                                            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void read_notes(const ordered_json* notes, media_facts& media, json_members& in) {
  if (!notes || !notes->is_array() || notes->size() > timeline_limits::notes)
    return in.refuse("\"decode_notes\" is not a list of at most {} strings", timeline_limits::notes);
  for (const ordered_json& note : *notes) {
    if (!note.is_string() || note.get_ref<const std::string&>().size() > timeline_limits::note_bytes ||
        !is_utf8(note.get_ref<const std::string&>()))
      return in.refuse("a decode note is not UTF-8 text of at most {} bytes", timeline_limits::note_bytes);
    media.decode_notes.push_back(note.get<std::string>());
  }
}

} // namespace

ordered_json to_json(const scene& found) {
  return {{"number", found.number},
          {"first_frame", found.first.index},
          {"start_s", to_seconds(found.first.time)},
          {"representative_frame", found.representative.index},
          {"representative_s", to_seconds(found.representative.time)},
          {"last_frame", found.last.index},
          {"last_s", to_seconds(found.last.time)},
          {"end_s", to_seconds(found.end)},
          {"shots", found.shots}};
}

ordered_json to_wire(const scene& found) {
  ordered_json json = to_json(found);
  if (!found.thumbnail_jpeg.empty())
    json["thumbnail_jpeg"] = ordered_json::binary({found.thumbnail_jpeg.begin(), found.thumbnail_jpeg.end()});
  return json;
}

expected<scene> scene_from_json(const ordered_json& json) {
  json_members in(json, "scene");
  scene found;
  found.number = in.integer("number", 1, std::int64_t{1} << 53);
  found.first = {in.count("first_frame"), in.seconds("start_s")};
  found.representative = {in.count("representative_frame"), in.seconds("representative_s")};
  found.last = {in.count("last_frame"), in.seconds("last_s")};
  found.end = in.seconds("end_s");
  found.shots = in.integer("shots", 1, std::int64_t{1} << 53);
  if (in.ok() && (found.representative.index < found.first.index || found.last.index < found.representative.index))
    in.refuse("its frames {}, {}, {} are not in order", found.first.index, found.representative.index,
              found.last.index);
  if (in.ok() && (found.representative.time < found.first.time || found.last.time < found.representative.time ||
                  found.end < found.last.time))
    in.refuse("its times {} s, {} s, {} s, {} s are not in order", to_seconds(found.first.time),
              to_seconds(found.representative.time), to_seconds(found.last.time), to_seconds(found.end));
  if (const ordered_json* thumbnail = in.find("thumbnail_jpeg")) {
    if (!thumbnail->is_binary()) {
      in.refuse("\"thumbnail_jpeg\" is a JSON {}, not binary", thumbnail->type_name());
    } else {
      const auto& bytes = thumbnail->get_binary();
      if (bytes.size() > timeline_limits::thumbnail_bytes)
        in.refuse("\"thumbnail_jpeg\" has {} bytes, over {}", bytes.size(), timeline_limits::thumbnail_bytes);
      else if (bytes.size() < 3 || bytes[0] != 0xFF || bytes[1] != 0xD8 || bytes[2] != 0xFF)
        in.refuse("\"thumbnail_jpeg\" is no JPEG");
      else
        found.thumbnail_jpeg.assign(bytes.begin(), bytes.end());
    }
  }
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return found;
}

ordered_json to_json(const media_facts& media) {
  ordered_json notes = ordered_json::array();
  for (const std::string& note : media.decode_notes)
    notes.push_back(repaired_utf8(note.substr(0, timeline_limits::note_bytes / 3))); // repair can triple it
  ordered_json json{
      {"name", repaired_utf8(last_part(media.path))},
      {"path", repaired_utf8(media.path)},
      {"bytes", media.bytes},
      {"sha256", media.sha256.empty() ? ordered_json(nullptr) : ordered_json(repaired_utf8(media.sha256))},
      {"container", repaired_utf8(media.container)},
      {"codec", repaired_utf8(media.codec)},
      {"decoder", media.decoder},
      {"pixel_format", repaired_utf8(media.pixel_format)},
      {"stream", media.stream},
      {"width", media.width},
      {"height", media.height},
      {"rotation", media.rotation},
      {"sample_aspect", media.sample_aspect},
      {"rate_hz", media.rate_hz > 0 ? ordered_json(media.rate_hz) : ordered_json(nullptr)},
      {"start_s", to_seconds(media.start)},
      {"duration_s", to_seconds(media.duration)},
      {"frames", media.frames},
      {"decode_errors", media.decode_errors},
      {"decode_notes", std::move(notes)},
      {"has_audio", media.has_audio}};
  if (!media.decoder_reason.empty())
    json["decoder_reason"] = repaired_utf8(media.decoder_reason.substr(0, timeline_limits::note_bytes / 3));
  return json;
}

expected<media_facts> media_from_json(const ordered_json& json) {
  json_members in(json, "media");
  media_facts media;
  in.string("name", timeline_limits::path_bytes);
  media.path = in.string("path", timeline_limits::path_bytes);
  media.bytes = in.integer("bytes", 0, INT64_MAX);
  if (const ordered_json* hash = in.has("sha256") ? in.find("sha256") : nullptr; hash && !hash->is_null()) {
    if (!hash->is_string() || !is_sha256(hash->get_ref<const std::string&>()))
      in.refuse("\"sha256\" is neither null nor 64 hexadecimal digits");
    else
      media.sha256 = hash->get<std::string>();
  }
  media.container = in.string("container", timeline_limits::name_bytes);
  media.codec = in.string("codec", timeline_limits::name_bytes);
  media.decoder = in.string("decoder", timeline_limits::name_bytes);
  if (media.decoder != "software" && media.decoder != "nvdec")
    in.refuse("\"decoder\" is {}, neither software nor nvdec", printable(media.decoder));
  if (in.has("decoder_reason"))
    media.decoder_reason = in.string("decoder_reason", timeline_limits::note_bytes);
  media.pixel_format = in.string("pixel_format", timeline_limits::name_bytes);
  media.stream = static_cast<int>(in.integer("stream", 0, 1 << 20));
  media.width = static_cast<int>(in.integer("width", 0, largest_side));
  media.height = static_cast<int>(in.integer("height", 0, largest_side));
  media.rotation = static_cast<int>(in.integer("rotation", 0, 270));
  if (media.rotation % 90 != 0)
    in.refuse("\"rotation\" is {}, not 0, 90, 180 or 270", media.rotation);
  media.sample_aspect = in.number("sample_aspect", 1e-6, 1e6);
  if (const ordered_json* rate = in.has("rate_hz") ? &json["rate_hz"] : nullptr; rate && rate->is_null())
    in.find("rate_hz");
  else
    media.rate_hz = in.number("rate_hz", 0, 1e9);
  media.start = in.seconds("start_s");
  media.duration = in.seconds("duration_s");
  if (media.duration < media_time{0})
    in.refuse("\"duration_s\" is {}, below 0", to_seconds(media.duration));
  media.frames = in.count("frames");
  media.decode_errors = in.count("decode_errors");
  read_notes(in.find("decode_notes"), media, in);
  media.has_audio = in.boolean("has_audio");
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return media;
}

} // namespace timeloom
