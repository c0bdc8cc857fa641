#include "analyzers/face_votes.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace timeloom;

namespace {

constexpr box here{0.4, 0.2, 0.2, 0.3};
constexpr box nearly_here{0.41, 0.21, 0.2, 0.3};
constexpr box elsewhere{0.1, 0.6, 0.2, 0.3};

face_vote vote(face_detector by, const box& area, int neighbours, face_view view = face_view::frontal) {
  return {by, view, area, neighbours};
}

} // namespace

TEST_CASE("nobody sees a face where nothing was seen") {
  CHECK_FALSE(agreed_face({}));
}

TEST_CASE("one detector alone, however sure, is believed less than two") {
  const std::vector<face_vote> alone{vote(face_detector::frontal_alt, here, 1000)};
  const std::vector<face_vote> two{vote(face_detector::frontal_alt, here, 10),
                                   vote(face_detector::frontal_default, nearly_here, 10)};
  CHECK(agreed_face(alone)->score < 0.5);
  CHECK(agreed_face(two)->score > 0.5);
}

TEST_CASE("detectors agree on a place, not on a picture") {
  const std::vector<face_vote> apart{vote(face_detector::frontal_alt, here, 24),
                                     vote(face_detector::frontal_default, elsewhere, 24)};
  CHECK(agreed_face(apart)->score < 0.5);
}

TEST_CASE("two votes of one detector are one opinion") {
  const std::vector<face_vote> votes{vote(face_detector::frontal_alt, here, 24),
                                     vote(face_detector::frontal_alt, nearly_here, 24)};
  CHECK(agreed_face(votes)->score == Approx(support_of(24) / 2));
}

TEST_CASE("of two places the one that more is said for is the face") {
  const std::vector<face_vote> votes{vote(face_detector::frontal_alt, elsewhere, 30),
                                     vote(face_detector::frontal_alt, here, 8),
                                     vote(face_detector::profile_haar, here, 24, face_view::left),
                                     vote(face_detector::profile_lbp, here, 8, face_view::left)};
  const auto face = agreed_face(votes);
  REQUIRE(face);
  CHECK(face->area.x == Approx(here.x));
  CHECK(face->area.height == Approx(here.height));
  CHECK(face->score == Approx((support_of(24) + support_of(8)) / 2));
  CHECK(face->view == face_view::left);
  CHECK(face->frontal == Approx(0.5));
}

TEST_CASE("half of the support is reached with eight windows, all of it never") {
  CHECK(support_of(8) == Approx(0.5));
  CHECK(support_of(1'000'000) < 1);
}
