#include "actors/decoder_speeds_json.hpp"

#include "timeline/json_members.hpp"

namespace timeloom {

namespace {

using nlohmann::ordered_json;

expected<decoder_speeds::value_type> speed_from_json(const ordered_json& json) {
  json_members in{json, "decoder speed"};
  const auto size = in.enumerator("size", size_class_from_string, "size");
  const decoding_case what{in.identifier("codec"), size};
  const decoder_times times{in.number("software_s", 0, 1e9), in.number("nvdec_s", 0, 1e9),
                            static_cast<int>(in.integer("passed_over", 0, 1 << 20))};
  if (auto problem = in.finish())
    return tl::unexpected{*problem};
  return decoder_speeds::value_type{what, times};
}

} // namespace

ordered_json to_json(const decoder_speeds& speeds) {
  auto list = ordered_json::array();
  for (const auto& [what, times] : speeds)
    list.push_back({{"codec", what.codec},
                    {"size", to_string(what.size)},
                    {"software_s", times.software_s},
                    {"nvdec_s", times.nvdec_s},
                    {"passed_over", times.passed_over}});
  return list;
}

expected<decoder_speeds> speeds_from_json(const ordered_json& list) {
  if (!list.is_array() || list.size() > most_decoding_cases)
    return fail(errc::protocol, "the speeds of decoders are not a list of at most {}", most_decoding_cases);
  decoder_speeds speeds;
  for (const auto& one : list) {
    auto speed = speed_from_json(one);
    if (!speed)
      return tl::unexpected{speed.error()};
    speeds.insert(std::move(*speed));
  }
  return speeds;
}

} // namespace timeloom
