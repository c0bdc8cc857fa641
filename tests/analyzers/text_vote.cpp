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

TEST_CASE("a reading is told by its words: their confidence by letters, and the width without wide gaps") {
  const auto reading = reading_of({{"two", 10, 50, 0.5, true}, {"longer", 60, 160, 0.8, false}}, 400);
  CHECK(reading.text == "two longer");
  CHECK(reading.confidence == Approx((3 * 0.5 + 6 * 0.8) / 9));
  CHECK(reading.coverage == Approx(1 - (400 - 160 - 60) / 400.0));
  CHECK(reading_of({}, 400).coverage == 0);
}

TEST_CASE("an upright stroke by itself is an I before a small letter, and only there") {
  for (const std::string stroke : {"1", "/", "[", "!"}) {
    std::vector<read_word> words{{stroke, 24, 28, 0.1, true}, {"don't", 46, 136, 0.9, true}};
    mend_lone_i(words);
    CHECK(words[0].text == "I");
    CHECK(words[0].confidence > 0.5);
  }
  std::vector<read_word> sure{{"l", 24, 28, 0.95, true}, {"said", 46, 90, 0.9, true}, {"l'm", 100, 140, 0.9, true}};
  mend_lone_i(sure);
  CHECK(sure[0].text == "I");
  CHECK(sure[2].text == "I'm");
  const std::vector<std::vector<read_word>> others{
      {{"2", 10, 24, 0.9, true}, {"l", 30, 34, 0.9, true}},     // litres
      {{"1", 24, 28, 0.9, true}, {"day", 46, 100, 0.9, true}},  // a sure digit
      {{"/", 24, 28, 0.9, false}, {"day", 46, 100, 0.9, true}}, // a sure mark
      {{"1", 24, 28, 0.1, true}, {"Day", 46, 100, 0.9, true}},  // before a capital
      {{"/", 24, 60, 0.1, false}, {"day", 66, 100, 0.9, true}}, // too wide
      {{"day", 24, 60, 0.9, true}, {"!", 66, 70, 0.1, false}},  // at the end
  };
  for (const auto& one : others) {
    auto words = one;
    mend_lone_i(words);
    for (std::size_t i = 0; i < words.size(); ++i)
      CHECK(words[i].text == one[i].text);
  }
}

TEST_CASE("poor words and gaps are filled with sure words that another reading has there") {
  const auto whole = reading_of({{"feels", 100, 180, 0.9, true}, {"vutsiae", 200, 300, 0.3, false}}, 300);
  const auto other = reading_of(
      {{"London", 0, 90, 0.9, true}, {"fecls", 100, 180, 0.85, true}, {"outside", 198, 300, 0.95, true}}, 302);
  CHECK(with_words_of(whole, std::vector{whole, other}).text == "London feels outside");
  CHECK(with_words_of(whole, std::vector{whole, other}).confidence > whole.confidence);
}

TEST_CASE("words that are unsure, unknown, short or of a picture of another width fill nothing") {
  const auto whole = reading_of({{"feels", 100, 180, 0.9, true}, {"vutsiae", 200, 300, 0.3, false}}, 300);
  for (const auto& other :
       {reading_of({{"outside", 200, 300, 0.6, true}}, 300), reading_of({{"outsidc", 200, 300, 0.9, false}}, 300),
        reading_of({{"ou", 200, 300, 0.9, true}}, 300), reading_of({{"outside", 200, 300, 0.9, true}}, 340)})
    CHECK(with_words_of(whole, std::vector{whole, other}).text == whole.text);
}

TEST_CASE("words are tidied") {
  CHECK(tidied(". _ Boxed lower third —~") == "Boxed lower third");
  CHECK(tidied("- You too?") == "- You too?");
  CHECK(tidied("Wait..") == "Wait...");
  CHECK(tidied("Who was that ?") == "Who was that?");
  CHECK(tidied("Voilà ! _") == "Voilà!");
  CHECK(tidied("Who was that, ?") == "Who was that,");
  CHECK(tidied("l'amour, 2 l") == "l'amour, 2 l");
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
  for (const auto* text : {"Oh, no!", "Go on.", "2000", "10:00", "€19.99", "1 - 0", "- No. - Yes!"})
    CHECK(looks_like_short_text(text));
  CHECK_FALSE(looks_like_short_text("a"));
  CHECK_FALSE(looks_like_short_text("/ ( ) 1 a"));
}
