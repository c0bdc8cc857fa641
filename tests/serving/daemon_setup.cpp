#include "serving/daemon_setup.hpp"
#include "tests/temporary_folder.hpp"

#include <sys/stat.h>

using namespace timeloom;
using timeloom::tests::temporary_folder;

TEST_CASE("a file that is refused is told with the reason of the folder that it lies in") {
  const temporary_folder folder, elsewhere;
  std::filesystem::create_directories(folder.at("one"));
  std::filesystem::create_directories(folder.at("two"));
  daemon_setup setup;
  setup.roots = {folder.at("one"), folder.at("two")};
  const auto refusal = [&](const std::string& path) { return open_admitted(setup, path).error().message; };
  for (const auto* name : {"one/a.mp4", "two/a.mp4"}) {
    REQUIRE(::mkfifo(folder.at(name).c_str(), 0600) == 0);
    CHECK(refusal(folder.at(name)).find(" is a FIFO; timeloom reads regular files") != std::string::npos);
  }
  CHECK(refusal(elsewhere.file("a.mp4", "a")).find("it lies in none of the folders") != std::string::npos);
}
