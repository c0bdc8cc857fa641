#include "serving/page_files.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace timeloom;

namespace {

std::string file(std::string_view path) {
  const auto files = page_files();
  const auto found = std::ranges::find(files, path, &page_file::path);
  REQUIRE(found != files.end());
  return std::string{found->content};
}

std::vector<std::string> all_matches(const std::string& text, const char* pattern) {
  std::vector<std::string> found;
  const std::regex wanted{pattern};
  for (std::sregex_iterator it{text.begin(), text.end(), wanted}; it != std::sregex_iterator{}; ++it)
    found.push_back((*it)[1].str());
  return found;
}

std::set<std::string> paths() {
  std::set<std::string> all;
  for (const page_file& f : page_files())
    all.insert(std::string{f.path});
  return all;
}

} // namespace

TEST_CASE("every file of the page has a path of its own, the type of its ending, and something in it") {
  CHECK(paths().size() == page_files().size());
  for (const page_file& f : page_files()) {
    INFO(f.path);
    const std::string_view wanted = f.path == "/"              ? "text/html; charset=utf-8"
                                    : f.path.ends_with(".css") ? "text/css; charset=utf-8"
                                    : f.path.ends_with(".js")  ? "text/javascript; charset=utf-8"
                                    : f.path.ends_with(".svg") ? "image/svg+xml"
                                                               : "none";
    CHECK(f.type == wanted);
    CHECK(f.content.size() > 100);
    CHECK(f.content.find("@BOARD_SCRIPTS@") == std::string_view::npos);
    CHECK((f.path == "/" || f.path.starts_with("/assets/")));
  }
}

TEST_CASE("files are served as they are in the sources, byte for byte") {
  int compared = 0;
  for (const page_file& f : page_files()) {
    const std::string name = f.path == "/" ? "index.html" : std::string{f.path.substr(f.path.rfind('/') + 1)};
    std::ifstream source{TIMELOOM_SOURCE_DIR "/serving/page/" + name, std::ios::binary};
    if (!source)
      continue; // one that is put together from those of timeline/page
    INFO(f.path);
    CHECK(std::string{std::istreambuf_iterator<char>{source}, {}} == f.content);
    ++compared;
  }
  CHECK(compared >= 15);
  std::ifstream model{TIMELOOM_SOURCE_DIR "/timeline/page/model.js", std::ios::binary};
  REQUIRE(model);
  CHECK(file("/assets/board.js").find(std::string{std::istreambuf_iterator<char>{model}, {}}) != std::string::npos);
}

TEST_CASE("the page asks for files that are there, and every file is asked for") {
  const std::set<std::string> there = paths();
  std::set<std::string> asked{"/"};
  for (const std::string& named : all_matches(file("/"), R"re((?:src|href)="(/[^"]*)")re"))
    asked.insert(named);
  for (const page_file& f : page_files())
    if (f.path.ends_with(".js"))
      for (const std::string& named : all_matches(std::string{f.content}, R"re(from '\./([^']+)')re"))
        asked.insert("/assets/" + named);
  CHECK(asked == there);
}

TEST_CASE("what a script takes from another one is given by it") {
  for (const page_file& f : page_files()) {
    if (!f.path.ends_with(".js"))
      continue;
    const std::string content{f.content};
    const std::regex import{R"re(import \{([^}]*)\} from '\./([^']+)')re"};
    for (std::sregex_iterator it{content.begin(), content.end(), import}; it != std::sregex_iterator{}; ++it) {
      const std::string from = file("/assets/" + (*it)[2].str());
      for (const std::string& name : all_matches((*it)[1].str(), R"((\w+))")) {
        INFO(f.path << " takes " << name << " from " << (*it)[2].str());
        const std::regex given{R"(export (?:async )?(?:function|const|class) )" + name + R"(\b|export \{[^}]*\b)" +
                               name + R"(\b[^}]*\})"};
        CHECK(std::regex_search(from, given));
      }
    }
  }
}

TEST_CASE("the page has nothing from other hosts and nothing inline, so that its policy can forbid both") {
  const std::string html = file("/");
  CHECK_FALSE(std::regex_search(html, std::regex(R"(<style|\sstyle=|\son[a-z]+=|javascript:)")));
  for (const std::string& script : all_matches(html, "<script([^>]*></script>)"))
    CHECK(script.find(" src=\"/assets/") != std::string::npos);
  CHECK(all_matches(html, "(<script)").size() == all_matches(html, "<script([^>]*></script>)").size());
  for (const page_file& f : page_files()) {
    std::string content{f.content};
    if (f.path.ends_with(".svg"))
      content = std::regex_replace(content, std::regex("http://www\\.w3\\.org/2000/svg"), "");
    INFO(f.path);
    CHECK(content.find("://") == std::string::npos);
    CHECK_FALSE(std::regex_search(content, std::regex(R"((src|href)="//|url\(|@import)")));
  }
}

TEST_CASE("no script of the page can make markup or code of what it was told") {
  for (const page_file& f : page_files()) {
    INFO(f.path);
    for (const char* unsafe : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                               "new Function", "setAttribute('style"})
      CHECK(f.content.find(unsafe) == std::string_view::npos);
  }
}
