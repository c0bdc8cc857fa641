#include "serving/access.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace timeloom {

using tests::temporary_folder;

TEST_CASE("a token is made once, for its user's eyes only, and is the same from then on") {
  const temporary_folder folder;
  const auto path = folder.at("token");
  const auto made = token_of_file(path);
  REQUIRE(made);
  CHECK(made->size() == 64);
  CHECK(made->find_first_not_of("0123456789abcdef") == std::string::npos);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(token_of_file(path) == made);
  CHECK(folder.files() == 1);
}

TEST_CASE("two that make the token at once get the same") {
  for (int round = 0; round < 20; ++round) {
    const temporary_folder folder;
    std::vector<std::string> tokens(4);
    {
      std::vector<std::jthread> threads;
      for (auto& token : tokens)
        threads.emplace_back([&] { token = token_of_file(folder.at("token")).value_or(""); });
    }
    CHECK(std::set(tokens.begin(), tokens.end()).size() == 1);
    CHECK(tokens[0].size() == 64);
  }
}

TEST_CASE("a token file that others can read is refused, and so are short tokens and links") {
  const temporary_folder folder;
  const std::string good(40, 'a');
  const auto path = folder.file("token", good + "\n");
  ::chmod(path.c_str(), 0640);
  const auto open = token_of_file(path);
  REQUIRE_FALSE(open);
  CHECK(open.error().code == errc::not_allowed);
  ::chmod(path.c_str(), 0600);
  CHECK(token_of_file(path) == good);

  const auto brief = folder.file("short", "secret\n");
  ::chmod(brief.c_str(), 0600);
  CHECK(token_of_file(brief).error().code == errc::invalid_argument);
  const auto spaced = folder.file("spaced", std::string(20, 'a') + " " + std::string(20, 'a'));
  ::chmod(spaced.c_str(), 0600);
  CHECK_FALSE(token_of_file(spaced));

  std::filesystem::create_symlink(path, folder.at("link"));
  CHECK_FALSE(token_of_file(folder.at("link")));
  CHECK_FALSE(token_of_file(folder.at("no/such/folder")));
}

TEST_CASE("secrets are the same only when all of them is") {
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abd", "abc"));
  CHECK_FALSE(same_secret("ab", "abc"));
  CHECK_FALSE(same_secret("abcd", "abc"));
  CHECK_FALSE(same_secret("", "abc"));
}

} // namespace timeloom
