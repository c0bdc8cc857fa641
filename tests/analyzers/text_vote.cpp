#include "analyzers/text_vote.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("similarity counts what would have to be edited") {
  CHECK(text_similarity("abcd", "abcd") == 1);
  CHECK(text_similarity("abcd", "abxd") == Approx(0.75));
  CHECK(text_similarity("abcd", "") == 0);
  CHECK(text_similarity("", "") == 1);
  CHECK(text_similarity("kitten", "sitting") == Approx(1 - 3.0 / 7));
}

TEST_CASE("of several readings the one counts that the others are most like") {
  const std::vector<line_reading> readings{
      {"Hcllo world", 0.7, 1}, {"Hello world", 0.8, 1}, {"Hello world", 0.75, 1}, {"Held or wild", 0.82, 1}};
  CHECK(voted(readings).text == "Hello world");
  CHECK(voted(readings).confidence == 0.8);
}

TEST_CASE("of two readings the surer counts") {
  CHECK(voted(std::vector<line_reading>{{"one", 0.6, 1}, {"ore", 0.7, 1}}).text == "ore");
  CHECK(voted(std::vector<line_reading>{{"one", 0.7, 1}, {"ore", 0.6, 1}}).text == "one");
}

TEST_CASE("words are tidied") {
  CHECK(tidied("l never said l'm here") == "I never said I'm here");
  CHECK(tidied(". _ Boxed lower third —~") == "Boxed lower third");
  CHECK(tidied("- You too?") == "- You too?");
  CHECK(tidied("Wait..") == "Wait...");
  CHECK(tidied("l'amour all") == "l'amour all");
  CHECK(tidied("  ").empty());
}

TEST_CASE("text has letters in words and few marks") {
  CHECK(looks_like_text("Good morning"));
  CHECK(looks_like_text("PTS = 1.0s"));
  CHECK(looks_like_text("Über Öl"));
  CHECK_FALSE(looks_like_text("— ~ ="));
  CHECK_FALSE(looks_like_text("a b c d"));
  CHECK_FALSE(looks_like_text("ig"));
  CHECK_FALSE(looks_like_text("Jooo"));
  CHECK_FALSE(looks_like_text("/ \\ ( and )"));
  CHECK_FALSE(looks_like_text(""));
}
