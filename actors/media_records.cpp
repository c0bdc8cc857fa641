#include "actors/media_records.hpp"

#include "actors/cbor.hpp"
#include "actors/decoder_speeds_json.hpp"
#include "timeline/event_json.hpp"
#include "timeline/json_members.hpp"
#include "timeline/timeline_json.hpp"
#include "timeline/utf8.hpp"

#include <functional>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

constexpr std::int64_t largest_id = std::int64_t{1} << 53;
constexpr std::size_t most_items = 4096; // of any list in a record
constexpr std::size_t longest_message = 4096;

/// A text of a record: no longer than the reader takes it, for every replaced byte becomes three.
std::string message_text(std::string_view text) {
  return repaired_utf8(text.substr(0, longest_message / 3));
}

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>; // g++ 12 needs no guide, clang 14 does

/// Reads the list `name`, each element by `read(element) -> expected<T>`.
template <class Read>
auto read_list(json_members& in, const char* name, Read read) {
  std::vector<typename std::invoke_result_t<Read, const ordered_json&>::value_type> items;
  const auto* list = in.find(name);
  if (list == nullptr || !list->is_array() || list->size() > most_items) {
    in.refuse("\"{}\" is not a list of at most {} items", name, most_items);
    return items;
  }
  for (const auto& element : *list) {
    auto item = read(element);
    if (!item) {
      in.refuse(item.error());
      break;
    }
    items.push_back(std::move(*item));
  }
  return items;
}

expected<int> read_index(const ordered_json& element) {
  if (!element.is_number_integer() || element < 0 || element >= most_ring_slots)
    return fail(errc::protocol, "a list holds {}, which is no index below {}", printable(element.dump()),
                most_ring_slots);
  return element.get<int>();
}

expected<std::int64_t> read_integer(const ordered_json& element) {
  if (!element.is_number_integer())
    return fail(errc::protocol, "a list holds {}, which is no integer", printable(element.dump()));
  return element.get<std::int64_t>();
}

expected<std::string> read_word(const ordered_json& element) {
  if (!element.is_string() || element.get_ref<const std::string&>().size() > 256)
    return fail(errc::protocol, "a list holds something that is no short string");
  return element.get<std::string>();
}

std::uint64_t read_job(json_members& in) {
  return static_cast<std::uint64_t>(in.integer("job", 0, largest_id));
}

frame_position read_position(json_members& in) {
  return {in.count("index"), in.seconds("time_s")};
}

sample_format read_format(json_members& in) {
  auto format = sample_format_from_string(in.identifier("format"));
  if (!format)
    in.refuse(format.error());
  return format.value_or(sample_format::gray8);
}

template <class T>
expected<T> finish(json_members& in, T value) {
  if (auto problem = in.finish())
    return tl::unexpected{*problem};
  return value;
}

ordered_json to_json(const analyzer_report& report) {
  return {{"id", report.id},
          {"status", to_string(report.status)},
          {"reason", message_text(report.reason)},
          {"backend", report.backend},
          {"device", report.device},
          {"rate_hz", report.rate_hz},
          {"frames", report.frames},
          {"seconds", report.seconds}};
}

expected<analyzer_report> report_from_json(const ordered_json& json) {
  json_members in{json, "analyzer report"};
  analyzer_report report;
  report.id = in.identifier("id");
  const auto status = in.identifier("status");
  bool known = false;
  for (const auto value :
       {analyzer_status::done, analyzer_status::partial, analyzer_status::failed, analyzer_status::skipped})
    if (to_string(value) == status) {
      report.status = value;
      known = true;
    }
  if (!known)
    in.refuse("{} is no status", printable(status));
  report.reason = in.string("reason", longest_message);
  report.backend = in.string("backend", 256);
  report.device = in.string("device", 256);
  report.rate_hz = in.number("rate_hz", 0, 1e6);
  report.frames = in.count("frames");
  report.seconds = in.number("seconds", 0, 1e9);
  return finish(in, std::move(report));
}

ordered_json to_json(const analyzer_options& options) {
  return {{"color_rate_hz", options.color_analysis.rate_hz},
          {"colors", options.color_analysis.colors},
          {"camera_rate_hz", options.camera_analysis.rate_hz},
          {"silence_dbfs", options.audio_levels.silence_dbfs},
          {"silence_min_s", options.audio_levels.silence_min_s},
          {"text_rate_hz", options.text_overlay.rate_hz},
          {"text_languages", options.text_overlay.languages},
          {"text_min_confidence", options.text_overlay.min_confidence}};
}

expected<analyzer_options> options_from_json(const ordered_json& json) {
  json_members in{json, "analyzer options"};
  analyzer_options options;
  options.color_analysis.rate_hz = in.number("color_rate_hz", 0, 1000);
  options.color_analysis.colors = static_cast<int>(in.integer("colors", 1, 16));
  options.camera_analysis.rate_hz = in.number("camera_rate_hz", 0, 1000);
  options.audio_levels.silence_dbfs = in.number("silence_dbfs", -120, 0);
  options.audio_levels.silence_min_s = in.number("silence_min_s", 0.01, 3600);
  options.text_overlay.rate_hz = in.number("text_rate_hz", 0, 1000);
  options.text_overlay.languages = read_list(in, "text_languages", read_word);
  options.text_overlay.min_confidence = in.number("text_min_confidence", 0, 100);
  return finish(in, std::move(options));
}

ordered_json to_json(const frame_consumer& consumer) {
  return {{"analyzer", consumer.analyzer},
          {"rate_hz", consumer.rate_hz},
          {"long_side_px", consumer.shape.long_side_px},
          {"format", to_string(consumer.shape.format)}};
}

expected<frame_consumer> consumer_from_json(const ordered_json& json) {
  json_members in{json, "frame consumer"};
  frame_consumer consumer;
  consumer.analyzer = in.identifier("analyzer");
  consumer.rate_hz = in.number("rate_hz", 0, 1000);
  consumer.shape.long_side_px = static_cast<int>(in.integer("long_side_px", 16, 16384));
  consumer.shape.format = read_format(in);
  return finish(in, std::move(consumer));
}

void read_decoder(json_members& in, source_options& source) {
  source.decoder = in.enumerator("decoder", decoder_rule_from_string, "rule for decoders");
  const auto* speeds = in.find("speeds");
  auto read = speeds_from_json(speeds != nullptr ? *speeds : ordered_json{});
  if (read)
    source.speeds = std::move(*read);
  else
    in.refuse(read.error());
}

expected<media_command> read_order(json_members& in) {
  media_order order;
  order.job = read_job(in);
  order.name = in.string("name", 16 * 1024);
  order.is_folder = in.boolean("is_folder");
  order.analyzers = read_list(in, "analyzers", read_word);
  order.consumers = read_list(in, "consumers", consumer_from_json);
  const auto indices = read_list(in, "frame_indices", read_integer),
             times = read_list(in, "frame_times_ns", read_integer);
  if (indices.size() != times.size())
    in.refuse("there are {} indices of frames and {} times", indices.size(), times.size());
  for (std::size_t i = 0; i < std::min(indices.size(), times.size()); ++i)
    order.frames.push_back({indices[i], media_time{times[i]}});
  if (const auto* options = in.find("options")) {
    auto read = options_from_json(*options);
    if (!read)
      return tl::unexpected{read.error()};
    order.options = std::move(*read);
  } else {
    in.refuse("\"options\" is missing");
  }
  order.source.threads = static_cast<int>(in.integer("threads", 0, 256));
  read_decoder(in, order.source);
  order.source.image_rate_hz = in.number("image_rate_hz", 0.001, 1000);
  order.source.max_pixels = in.integer("max_pixels", 1, largest_id);
  order.ring.slots = static_cast<int>(in.integer("slots", 0, most_ring_slots));
  order.ring.slot_bytes = in.integer("slot_bytes", 0, largest_id);
  return finish<media_command>(in, std::move(order));
}

expected<media_report> read_frame(json_members& in) {
  media_frame frame;
  frame.job = read_job(in);
  frame.slot = static_cast<int>(in.integer("slot", 0, most_ring_slots - 1));
  frame.at = read_position(in);
  frame.size.width = static_cast<int>(in.integer("width", 1, 16384));
  frame.size.height = static_cast<int>(in.integer("height", 1, 16384));
  frame.format = read_format(in);
  frame.consumers = read_list(in, "consumers", read_index);
  if (frame.consumers.empty())
    in.refuse("frame {} is for nobody", frame.at.index);
  return finish<media_report>(in, std::move(frame));
}

ordered_json to_json(const decoding_cost& cost) {
  return {{"decoder", to_string(cost.decoder)}, {"size", to_string(cost.size)}, {"seconds", cost.seconds}};
}

expected<decoding_cost> cost_from_json(const ordered_json& json) {
  json_members in{json, "cost of decoding"};
  decoding_cost cost;
  cost.decoder = in.enumerator("decoder", decoder_kind_from_string, "decoder");
  cost.size = in.enumerator("size", size_class_from_string, "size");
  cost.seconds = in.number("seconds", 0, 1e9);
  return finish(in, cost);
}

expected<media_report> read_finished(json_members& in) {
  media_finished finished;
  finished.job = read_job(in);
  if (const auto* facts = in.find("facts")) {
    auto read = media_from_json(*facts);
    if (!read)
      return tl::unexpected{read.error()};
    finished.facts = std::move(*read);
  } else {
    in.refuse("\"facts\" are missing");
  }
  finished.reports = read_list(in, "reports", report_from_json);
  finished.libraries = read_list(in, "libraries", read_word);
  if (const auto* cost = in.find("decoding")) {
    auto read = cost_from_json(*cost);
    if (!read)
      return tl::unexpected{read.error()};
    finished.decoding = *read;
  }
  return finish<media_report>(in, std::move(finished));
}

template <class Item, class Convert>
ordered_json list_of(const std::vector<Item>& items, Convert convert) {
  auto list = ordered_json::array();
  for (const auto& item : items)
    list.push_back(convert(item));
  return list;
}

} // namespace

std::vector<std::uint8_t> encode(const media_command& command) {
  return to_cbor(std::visit(overloaded{
                                [](const media_order& order) -> ordered_json {
                                  std::vector<std::int64_t> indices, times;
                                  for (const auto& frame : order.frames) {
                                    indices.push_back(frame.index);
                                    times.push_back(frame.time.count());
                                  }
                                  return {
                                      {"order", "analyze"},
                                      {"job", order.job},
                                      {"name", repaired_utf8(order.name)},
                                      {"is_folder", order.is_folder},
                                      {"analyzers", order.analyzers},
                                      {"consumers", list_of(order.consumers, [](const auto& c) { return to_json(c); })},
                                      {"frame_indices", indices},
                                      {"frame_times_ns", times},
                                      {"options", to_json(order.options)},
                                      {"threads", order.source.threads},
                                      {"decoder", to_string(order.source.decoder)},
                                      {"speeds", to_json(order.source.speeds)},
                                      {"image_rate_hz", order.source.image_rate_hz},
                                      {"max_pixels", order.source.max_pixels},
                                      {"slots", order.ring.slots},
                                      {"slot_bytes", order.ring.slot_bytes}};
                                },
                                [](const release_slots& release) -> ordered_json {
                                  return {{"order", "release"}, {"job", release.job}, {"slots", release.slots}};
                                },
                                [](const cancel_media& cancel) -> ordered_json {
                                  return {{"order", "cancel"}, {"job", cancel.job}};
                                },
                            },
                            command));
}

expected<media_command> decode_command(std::span<const std::uint8_t> bytes) {
  const auto json = from_cbor(bytes);
  if (!json)
    return tl::unexpected{json.error()};
  json_members in{*json, "order"};
  const auto kind = in.identifier("order");
  if (kind == "analyze")
    return read_order(in);
  if (kind == "release")
    return finish<media_command>(in, release_slots{read_job(in), read_list(in, "slots", read_index)});
  if (kind == "cancel")
    return finish<media_command>(in, cancel_media{read_job(in)});
  in.refuse("{} is no order", printable(kind));
  return tl::unexpected{*in.finish()};
}

std::vector<std::uint8_t> encode(const media_report& report) {
  return to_cbor(
      std::visit(overloaded{
                     [](const media_hello& hello) -> ordered_json {
                       return {{"report", "hello"}, {"version", hello.version}};
                     },
                     [](const media_progress& progress) -> ordered_json {
                       return {{"report", "progress"},
                               {"job", progress.job},
                               {"frames", progress.frames},
                               {"time_s", to_seconds(progress.time)},
                               {"duration_s", to_seconds(progress.duration)}};
                     },
                     [](const media_frame& frame) -> ordered_json {
                       return {{"report", "frame"},
                               {"job", frame.job},
                               {"slot", frame.slot},
                               {"index", frame.at.index},
                               {"time_s", to_seconds(frame.at.time)},
                               {"width", frame.size.width},
                               {"height", frame.size.height},
                               {"format", to_string(frame.format)},
                               {"consumers", frame.consumers}};
                     },
                     [](const media_finds& finds) -> ordered_json {
                       return {{"report", "finds"},
                               {"job", finds.job},
                               {"events", list_of(finds.events, [](const event& e) { return to_json(e); })},
                               {"scenes", list_of(finds.scenes, [](const scene& s) { return to_wire(s); })}};
                     },
                     [](const media_finished& finished) -> ordered_json {
                       ordered_json json{
                           {"report", "finished"},
                           {"job", finished.job},
                           {"facts", to_json(finished.facts)},
                           {"reports", list_of(finished.reports, [](const analyzer_report& r) { return to_json(r); })},
                           {"libraries", finished.libraries}};
                       if (finished.decoding)
                         json["decoding"] = to_json(*finished.decoding);
                       return json;
                     },
                     [](const media_failed& failed) -> ordered_json {
                       return {{"report", "failed"},
                               {"job", failed.job},
                               {"code", to_string(failed.reason.code)},
                               {"message", message_text(failed.reason.message)}};
                     },
                 },
                 report));
}

expected<media_report> decode_report(std::span<const std::uint8_t> bytes) {
  const auto json = from_cbor(bytes);
  if (!json)
    return tl::unexpected{json.error()};
  json_members in{*json, "report"};
  const auto kind = in.identifier("report");
  if (kind == "hello")
    return finish<media_report>(in, media_hello{static_cast<int>(in.integer("version", 0, 1 << 20))});
  if (kind == "progress")
    return finish<media_report>(
        in, media_progress{read_job(in), in.count("frames"), in.seconds("time_s"), in.seconds("duration_s")});
  if (kind == "frame")
    return read_frame(in);
  if (kind == "finds")
    return finish<media_report>(in, media_finds{read_job(in), read_list(in, "events", event_from_json),
                                                read_list(in, "scenes", scene_from_json)});
  if (kind == "finished")
    return read_finished(in);
  if (kind == "failed") {
    const auto job = read_job(in);
    const auto code = errc_from_string(in.identifier("code"));
    return finish<media_report>(in, media_failed{job, {code, in.string("message", longest_message)}});
  }
  in.refuse("{} is no report", printable(kind));
  return tl::unexpected{*in.finish()};
}

} // namespace timeloom
