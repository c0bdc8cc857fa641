#include "rendering/render_order.hpp"

#include "timeline/event_json.hpp"
#include "timeline/json_members.hpp"
#include "timeline/timeline_json.hpp"
#include "timeline/utf8.hpp"

#include <nlohmann/json.hpp>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_report_bytes = 16 * 1024, most_message_bytes = 2048;

} // namespace

std::string to_text(const render_order& order) {
  ordered_json scenes = ordered_json::array(), events = ordered_json::array();
  for (const auto& one : order.found.scenes)
    scenes.push_back(to_json(one));
  for (const auto& one : order.found.events)
    events.push_back(to_json(one));
  return ordered_json{{"is_folder", order.is_folder},
                      {"threads", order.source.threads},
                      {"image_rate_hz", order.source.image_rate_hz},
                      {"max_pixels", order.source.max_pixels},
                      {"media", to_json(order.found.media)},
                      {"scenes", std::move(scenes)},
                      {"events", std::move(events)}}
      .dump();
}

expected<render_order> render_order_from(std::string_view text) {
  const auto json = ordered_json::parse(text, nullptr, false);
  json_members in{json, "render order"};
  render_order order;
  order.is_folder = in.boolean("is_folder");
  order.source.threads = static_cast<int>(in.integer("threads", 0, 1024));
  order.source.image_rate_hz = in.number("image_rate_hz", 1e-3, 1e4);
  order.source.max_pixels = in.integer("max_pixels", 1, std::int64_t{1} << 40);
  if (const auto* media = in.find("media")) {
    auto facts = media_from_json(*media);
    if (facts)
      order.found.media = std::move(*facts);
    else
      in.refuse(std::move(facts.error()));
  } else {
    in.refuse("\"media\" is missing");
  }
  in.list("scenes", order.found.scenes, scene_from_json);
  in.list("events", order.found.events, event_from_json);
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return order;
}

std::vector<std::uint8_t> to_record(const render_report& report) {
  ordered_json json;
  if (const auto* progress = std::get_if<render_progress>(&report))
    json = {{"frames", progress->frames}, {"time_s", to_seconds(progress->time)}};
  else if (const auto* problem = std::get_if<error>(&report))
    json = {{"code", to_string(problem->code)},
            {"message", repaired_utf8(problem->message.substr(0, most_message_bytes / 3))}}; // repair can triple it
  else
    json = {{"done", true},
            {"without_sound",
             repaired_utf8(std::get<render_done>(report).without_sound.substr(0, most_message_bytes / 3))}};
  const auto text = json.dump();
  return {text.begin(), text.end()};
}

expected<render_report> render_report_from(std::span<const std::uint8_t> record) {
  if (record.size() > most_report_bytes)
    return fail(errc::protocol, "a render report has {} bytes, over {}", record.size(), most_report_bytes);
  const auto json = ordered_json::parse(record.begin(), record.end(), nullptr, false);
  json_members in{json, "render report"};
  render_report report;
  if (in.has("done")) {
    if (!in.boolean("done"))
      in.refuse("\"done\" is false");
    report = render_done{in.string("without_sound", most_message_bytes)};
  } else if (in.has("code")) {
    const auto code = errc_from_string(in.identifier("code"));
    report = error{code, in.string("message", most_message_bytes)};
  } else {
    const auto frames = in.count("frames");
    report = render_progress{frames, in.seconds("time_s")};
  }
  if (auto problem = in.finish())
    return tl::unexpected(std::move(*problem));
  return report;
}

} // namespace timeloom
