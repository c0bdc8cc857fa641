#include "analyzers/spoken_words.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("readings say otherwise when words differ of which both are sure") {
  const auto reading = [](const std::vector<std::pair<const char*, double>>& words) {
    std::vector<read_word> read;
    for (const auto& [text, confidence] : words)
      read.push_back({text, 0, 1, confidence, true});
    return reading_of(std::move(read), 300);
  };
  const auto him = reading({{"I", 0.9}, {"saw", 0.9}, {"him.", 0.9}});
  CHECK(says_otherwise(him, reading({{"I", 0.9}, {"saw", 0.9}, {"her.", 0.9}})));
  CHECK(says_otherwise(him, reading({{"I", 0.9}, {"never", 0.9}, {"saw", 0.9}, {"him.", 0.9}})));
  CHECK(says_otherwise(him, reading({{"I", 0.9}, {"never", 0.9}, {"snw", 0.6}, {"him.", 0.9}})));
  CHECK(says_otherwise(reading({{"Lap", 0.9}, {"1", 0.9}}), reading({{"Lap", 0.9}, {"12", 0.9}})));
  CHECK(says_otherwise(him, reading({{"Nobody", 0.9}})));
  CHECK_FALSE(says_otherwise(him, him));
  CHECK_FALSE(says_otherwise(him, reading({{"I", 0.9}, {"saw", 0.9}, {"her.", 0.6}}))); // unsure
  CHECK_FALSE(says_otherwise(him, reading({{"l", 0.9}, {"Saw", 0.9}, {"him", 0.9}})));  // marks, case and likes
  CHECK_FALSE(says_otherwise(him, reading({{"I", 0.9}, {"saw", 0.9}, {"hi", 0.9}})));   // cut
  CHECK_FALSE(says_otherwise(him, reading({{"I", 0.9}, {"saw", 0.9}})));
  CHECK_FALSE(says_otherwise(reading({{"can", 0.9}, {"not", 0.9}}), reading({{"cannot", 0.9}})));
  CHECK_FALSE(says_otherwise(reading({{"that’s", 0.9}}), reading({{"that's", 0.9}})));
  CHECK_FALSE(says_otherwise(him, {}));
}
