#include "media/decoder_speeds.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

namespace {

const decoding_case film{"h264", size_class::p1080};

decoding_cost cost(decoder_kind decoder, double seconds) {
  return {decoder, film.size, seconds};
}

/// The decoder that is chosen for `what` when these frames a second were measured for a film.
decoder_kind choice(double software_hz, double nvdec_hz, const decoding_case& what = film) {
  return choose_decoder({{film, {1 / software_hz, 1 / nvdec_hz, 0}}}, what).decoder;
}

} // namespace

TEST_CASE("the decoder is the one that was measured to be faster, for this codec and size") {
  CHECK(choice(1900, 660) == decoder_kind::software);
  CHECK(choice(300, 660) == decoder_kind::nvdec);
  // Of these nothing is known.
  CHECK(choice(300, 660, {"hevc", size_class::p1080}) == decoder_kind::software);
  CHECK(choice(300, 660, {"h264", size_class::p480}) == decoder_kind::software);
}

TEST_CASE("each decoder is measured before one is preferred, software first") {
  decoder_speeds speeds;
  CHECK(choose_decoder(speeds, film).decoder == decoder_kind::software);
  measure(speeds, film, cost(decoder_kind::software, 1), 1000);
  const auto second = choose_decoder(speeds, film);
  CHECK(second.decoder == decoder_kind::nvdec);
  CHECK(second.reason == "it was not measured yet for h264 1080p");
  measure(speeds, film, cost(decoder_kind::nvdec, 2), 1000);
  const auto third = choose_decoder(speeds, film);
  CHECK(third.decoder == decoder_kind::software);
  CHECK(third.reason == "h264 1080p waits less for it: 1 ms a frame, 2 for the other");
}

TEST_CASE("the slower decoder is measured again after 32 videos, and wins when it has become the faster one") {
  decoder_speeds speeds{{film, {0.001, 0.002, 0}}};
  for (int video = 0; video < 32; ++video) {
    CHECK(choose_decoder(speeds, film).decoder == decoder_kind::software);
    measure(speeds, film, cost(decoder_kind::software, 1), 1000);
  }
  const auto again = choose_decoder(speeds, film);
  CHECK(again.decoder == decoder_kind::nvdec);
  CHECK(again.reason == "it is measured again for h264 1080p, after 32 videos");
  SECTION("it is as slow as before") {
    measure(speeds, film, cost(decoder_kind::nvdec, 2), 1000);
    CHECK(choose_decoder(speeds, film).decoder == decoder_kind::software);
  }
  SECTION("it is the faster one now") {
    // A quarter of each measurement counts: 2, 1.625, 1.34, 1.13, 0.97 ms a frame.
    for (int video = 0; video < 4; ++video)
      measure(speeds, film, cost(decoder_kind::nvdec, 0.5), 1000);
    CHECK(choose_decoder(speeds, film).decoder == decoder_kind::nvdec);
  }
}

TEST_CASE("short videos say nothing, and no worker makes the table grow without end") {
  decoder_speeds speeds;
  measure(speeds, film, cost(decoder_kind::software, 1), 99);
  measure(speeds, film, cost(decoder_kind::software, 0), 1000);
  CHECK(speeds.empty());
  for (int i = 0; i < 1000; ++i)
    measure(speeds, {"codec" + std::to_string(i), size_class::p480}, cost(decoder_kind::software, 1), 1000);
  CHECK(speeds.size() == 100);
  measure(speeds, {"codec7", size_class::p480}, cost(decoder_kind::nvdec, 3), 1000);
  CHECK(speeds.at({"codec7", size_class::p480}).nvdec_s == 0.003);
}

TEST_CASE("a size is the smallest common one that has as many pixels, upright or not") {
  CHECK(size_class_of(640, 360) == size_class::p480);
  CHECK(size_class_of(1280, 720) == size_class::p720);
  CHECK(size_class_of(1920, 1088) == size_class::p1080);
  CHECK(size_class_of(1080, 1920) == size_class::p1080);
  CHECK(size_class_of(4096, 2160) == size_class::p2160);
  CHECK(size_class_of(7680, 4320) == size_class::larger);
  for (const auto size : {size_class::p480, size_class::p720, size_class::p1080, size_class::p2160, size_class::larger})
    CHECK(size_class_from_string(to_string(size)) == size);
  CHECK_FALSE(size_class_from_string("1081p"));
}
