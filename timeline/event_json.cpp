#include "timeline/event_json.hpp"

#include "timeline/json_members.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

/// Boxes and scores are computed in floating point: x + width, or a score, may pass 1 by a rounding.
constexpr double unit_tolerance = 1e-6;

struct attribute_writer {
  ordered_json operator()(bool v) const { return v; }
  ordered_json operator()(std::int64_t v) const { return v; }
  ordered_json operator()(double v) const { return std::isfinite(v) ? ordered_json(v) : ordered_json(nullptr); }
  ordered_json operator()(const std::string& v) const { return repaired_utf8(v); }
  ordered_json operator()(const attribute::list& v) const {
    ordered_json list = ordered_json::array();
    for (const attribute& a : v)
      list.push_back(std::visit(*this, a.value));
    return list;
  }
  ordered_json operator()(const attribute::object& v) const {
    ordered_json object = ordered_json::object();
    for (const auto& [name, a] : v)
      object[repaired_utf8(name)] = std::visit(*this, a.value);
    return object;
  }
};

class attribute_reader {
public:
  /// `json` must be an object.
  expected<attribute::object> object(const ordered_json& json, int depth) {
    if (depth > event_limits::attribute_depth)
      return fail(errc::protocol, "event: attributes are nested deeper than {}", event_limits::attribute_depth);
    if (json.size() > event_limits::attribute_values - values_)
      return too_many();
    attribute::object found;
    found.reserve(json.size());
    for (const auto& [name, value] : json.items()) {
      if (name.empty() || name.size() > event_limits::attribute_name_bytes || !is_utf8(name))
        return fail(errc::protocol, "event: attribute name {} is empty, over {} bytes or not UTF-8", printable(name),
                    event_limits::attribute_name_bytes);
      auto read = this->value(value, depth);
      if (!read)
        return tl::unexpected(std::move(read.error()));
      found.emplace_back(name, std::move(*read));
    }
    return found;
  }

private:
  static tl::unexpected<error> too_many() {
    return fail(errc::protocol, "event: over {} attribute values", event_limits::attribute_values);
  }

  /// `depth` is that of the object or list which holds `json`.
  expected<attribute> value(const ordered_json& json, int depth) {
    if (++values_ > event_limits::attribute_values)
      return too_many();
    switch (json.type()) {
    case ordered_json::value_t::boolean:
      return attribute(json.get<bool>());
    case ordered_json::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return fail(errc::protocol, "event: attribute value {} is over 2^63 - 1", json.get<std::uint64_t>());
      return attribute(json.get<std::int64_t>());
    case ordered_json::value_t::number_integer:
      return attribute(json.get<std::int64_t>());
    case ordered_json::value_t::number_float:
      if (!std::isfinite(json.get<double>()))
        return fail(errc::protocol, "event: attribute value {} is not finite", json.get<double>());
      return attribute(json.get<double>());
    case ordered_json::value_t::string: {
      const auto& text = json.get_ref<const std::string&>();
      if (text.size() > event_limits::text_bytes || !is_utf8(text))
        return fail(errc::protocol, "event: attribute value {} is over {} bytes or not UTF-8", printable(text),
                    event_limits::text_bytes);
      return attribute(text);
    }
    case ordered_json::value_t::array: {
      if (depth + 1 > event_limits::attribute_depth)
        return fail(errc::protocol, "event: attributes are nested deeper than {}", event_limits::attribute_depth);
      if (json.size() > event_limits::attribute_values - values_)
        return too_many();
      attribute::list list;
      list.reserve(json.size());
      for (const ordered_json& element : json) {
        auto read = value(element, depth + 1);
        if (!read)
          return read;
        list.push_back(std::move(*read));
      }
      return attribute(std::move(list));
    }
    case ordered_json::value_t::object: {
      auto read = object(json, depth + 1);
      if (!read)
        return tl::unexpected(std::move(read.error()));
      return attribute(std::move(*read));
    }
    default:
      return fail(errc::protocol, "event: an attribute value is JSON {}", json.type_name());
    }
  }

  std::size_t values_ = 0; ///< never over the limit while elements are being read
};

box read_box(const ordered_json& json, json_members& event_members) {
  json_members in(json, "event: \"box\"");
  box area;
  area.x = in.number("x", -unit_tolerance, 1 + unit_tolerance);
  area.y = in.number("y", -unit_tolerance, 1 + unit_tolerance);
  area.width = in.number("width", 0, 1 + unit_tolerance);
  area.height = in.number("height", 0, 1 + unit_tolerance);
  if (in.ok() && (area.x + area.width > 1 + unit_tolerance || area.y + area.height > 1 + unit_tolerance))
    in.refuse("reaches outside the picture: x {}, y {}, width {}, height {}", area.x, area.y, area.width, area.height);
  if (auto problem = in.finish())
    event_members.refuse(std::move(*problem));
  return area;
}

} // namespace

ordered_json to_json(const event& found) {
  ordered_json json = {{"analyzer", repaired_utf8(found.analyzer)}, {"kind", repaired_utf8(found.kind)}};
  if (found.end) {
    json["start_frame"] = found.start.index;
    json["end_frame"] = found.end->index;
  } else {
    json["frame"] = found.start.index;
  }
  json["start_s"] = to_seconds(found.start.time);
  if (found.end)
    json["end_s"] = to_seconds(found.end->time);
  if (found.label)
    json["label"] = repaired_utf8(*found.label);
  if (found.score)
    json["score"] = *found.score;
  if (found.area)
    json["box"] = {
        {"x", found.area->x}, {"y", found.area->y}, {"width", found.area->width}, {"height", found.area->height}};
  if (found.text)
    json["text"] = repaired_utf8(*found.text);
  if (found.track)
    json["track"] = *found.track;
  if (!found.attributes.empty())
    json["attributes"] = attribute_writer{}(found.attributes);
  return json;
}

expected<event> event_from_json(const ordered_json& json) {
  json_members in(json, "event");
  event found;
  found.analyzer = in.identifier("analyzer");
  found.kind = in.identifier("kind");
  const bool moment = in.has("frame");
  found.start.index = in.count(moment ? "frame" : "start_frame");
  found.start.time = in.seconds("start_s");
  if (!moment) {
    found.end = frame_position{in.count("end_frame"), in.seconds("end_s")};
    if (in.ok() && (found.end->index < found.start.index || found.end->time < found.start.time))
      in.refuse("ends (frame {}, {} s) before it starts (frame {}, {} s)", found.end->index,
                to_seconds(found.end->time), found.start.index, to_seconds(found.start.time));
  }
  if (in.has("label"))
    found.label = in.string("label", event_limits::label_bytes);
  if (in.has("score"))
    found.score = std::clamp(in.number("score", -unit_tolerance, 1 + unit_tolerance), 0.0, 1.0);
  if (in.has("box"))
    found.area = read_box(*in.find("box"), in);
  if (in.has("text"))
    found.text = in.string("text", event_limits::text_bytes);
  if (in.has("track"))
    found.track = in.integer("track", 0, std::int64_t{1} << 53);
  if (const ordered_json* attributes = in.find("attributes")) {
    if (!attributes->is_object()) {
      in.refuse("\"attributes\" is a JSON {}, not an object", attributes->type_name());
    } else {
      auto read = attribute_reader{}.object(*attributes, 1);
      if (read)
        found.attributes = std::move(*read);
      else
        in.refuse(std::move(read.error()));
    }
  }
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return found;
}

} // namespace timeloom
