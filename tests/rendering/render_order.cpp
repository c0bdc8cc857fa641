#include "rendering/render_order.hpp"

#include "tests/catch.hpp"

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

expected<render_report> read(std::string_view text) {
  return render_report_from({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

} // namespace

TEST_CASE("an order comes back as it was") {
  render_order order;
  order.is_folder = true;
  order.source = {.threads = 3, .image_rate_hz = 12.5, .max_pixels = 1'000'000};
  order.found.media.path = "frames";
  order.found.media.width = 640;
  order.found.media.height = 360;
  order.found.media.duration = 5s;
  order.found.scenes = {{1, {0, 0s}, {3, 120ms}, {9, 360ms}, 400ms, 2, {}}};
  event found;
  found.analyzer = "object_detection";
  found.kind = "object";
  found.start = {1, 40ms};
  found.end = frame_position{3, 120ms};
  found.label = "person";
  found.area = box{0.1, 0.2, 0.3, 0.4};
  found.track = 7;
  found.attributes = {{"path", attribute::list{attribute::list{0.5, 0.1, 0.2, 0.3, 0.4}}}};
  order.found.events = {found};
  const auto read_back = render_order_from(to_text(order));
  INFO((read_back ? "" : read_back.error().message));
  REQUIRE(read_back);
  CHECK(read_back->is_folder);
  CHECK(read_back->source.threads == 3);
  CHECK(read_back->source.image_rate_hz == 12.5);
  CHECK(read_back->source.max_pixels == 1'000'000);
  CHECK(read_back->found.media == order.found.media);
  CHECK(read_back->found.scenes == order.found.scenes);
  CHECK(read_back->found.events == order.found.events);
}

TEST_CASE("an order that is cut off, or has an event that does not fit, is refused") {
  const auto text = to_text({});
  CHECK_FALSE(render_order_from(text.substr(0, text.size() / 2)));
  CHECK_FALSE(render_order_from("{}"));
  auto with_event = text;
  with_event.replace(with_event.find("\"events\":[]"), 11, "\"events\":[{\"analyzer\":1}]");
  const auto read_back = render_order_from(with_event);
  REQUIRE_FALSE(read_back);
  CHECK(read_back.error().message.find("analyzer") != std::string::npos);
}

TEST_CASE("reports come back as they were") {
  for (const auto& report :
       {render_report{render_progress{12, 480ms}}, render_report{render_done{}}, render_report{render_done{"no place"}},
        render_report{error{errc::io, "the disk is full"}}}) {
    const auto read_back = render_report_from(to_record(report));
    REQUIRE(read_back);
    CHECK(*read_back == report);
  }
}

TEST_CASE("a report that does not fit is refused, and ill-formed words are repaired before they are sent") {
  for (const auto* text :
       {"", "{", "[]", "{\"frames\":-1,\"time_s\":0}", "{\"frames\":1}", "{\"done\":false}", "{\"done\":true}",
        "{\"done\":true,\"without_sound\":\"\",\"more\":1}", "{\"code\":\"io\",\"message\":7}"})
    CHECK_FALSE(read(text));
  CHECK_FALSE(read(std::string(100'000, '[')));
  CHECK(render_report_from(to_record(error{errc::io, std::string(10'000, '\xFF')})));
}
