#include "analyzers/caption_prompts.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("the first pattern that matches a video's name, or its path, says what is asked") {
  const std::vector<caption_prompt> prompts{
      {"*lecture*", "What is on the slide?"}, {"*/cats/*", "Which cat?"}, {"*.mkv", "Who?"}};
  const auto asked = [&](const std::string& path) { return prompt_for(path, prompts, "What?"); };
  CHECK(asked("/in/Lecture 3.mp4") == "What is on the slide?");
  CHECK(asked("/in/lecture.mkv") == "What is on the slide?");
  CHECK(asked("/in/film.mkv") == "Who?");
  CHECK(asked("/in/film.mp4") == "What?");
  CHECK(asked("/lectures/film.mp4") == "What?"); // a folder's name, not the video's
  CHECK(asked("/in/cats/film.mkv") == "Which cat?");
  CHECK(asked("/in/lectures/") == "What is on the slide?"); // a folder of images
}
