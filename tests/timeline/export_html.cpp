#include "timeline/export_html.hpp"

#include "timeline/export_json.hpp"
#include "timeline/utf8.hpp"

#include "tests/catch.hpp"
#include "tests/timeline/sample.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <regex>

using namespace timeloom;
using nlohmann::ordered_json;

namespace {

std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t from = text.find(open);
  REQUIRE(from != std::string::npos);
  const std::size_t to = text.find(close, from + open.size());
  REQUIRE(to != std::string::npos);
  return text.substr(from + open.size(), to - from - open.size());
}

std::size_t times(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

const std::string data_opening = R"(<script type="application/json" id="data">)";

std::string hash(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[64];
  EVP_EncodeBlock(encoded, digest, sizeof digest);
  return std::string("'sha256-") + reinterpret_cast<const char*>(encoded) + "'";
}

} // namespace

TEST_CASE("the page holds the whole document and the thumbnails as data") {
  timeline t = sample_timeline();
  t.scenes[0].thumbnail_jpeg = "\xFF\xD8\xFFxyz";
  const ordered_json data = ordered_json::parse(between(export_html(t), data_opening, "</script>"));
  CHECK(data["thumbnails"][0] == "/9j/eHl6");
  CHECK(data["thumbnails"][1] == "");
  ordered_json rest = data;
  rest.erase("thumbnails");
  CHECK(rest == ordered_json::parse(export_json(t)));
}

TEST_CASE("no text of a timeline becomes part of the page") {
  const std::string page = export_html(hostile_timeline());
  CHECK(is_utf8(page));
  // What a browser sees as the ends and starts of scripts is the same as in a page with nothing hostile.
  CHECK(times(page, "</script") == 2);
  CHECK(times(page, "<script") == 2);
  CHECK(times(page, "<!--") == 0);
  CHECK(times(page, "<img") == 0);
  CHECK(between(page, "<title>", "</title>") == "script&gt;&lt;img src=x \xEF\xBF\xBD.mp4 \xC2\xB7 timeline");
  const ordered_json data = ordered_json::parse(between(page, data_opening, "</script>"));
  CHECK(data["events"].size() == hostile_timeline().events.size());
}

TEST_CASE("the page's policy allows its own script and style by their hashes and nothing from elsewhere") {
  const std::string page = export_html(sample_timeline());
  const std::string policy = between(page, R"(http-equiv="Content-Security-Policy" content=")", "\"");
  CHECK(policy == "default-src 'none'; script-src " + hash(between(page, "\n<script>", "</script>")) + "; style-src " +
                      hash(between(page, "<style>", "</style>")) +
                      "; img-src data:; media-src blob:; base-uri 'none'; form-action 'none'");
  CHECK_FALSE(std::regex_search(page, std::regex("(src|href|action)=\"")));
  CHECK_FALSE(std::regex_search(page, std::regex("\\son[a-z]+=|\\sstyle=")));
  CHECK(page.find("://") == std::string::npos);
  for (const char* unsafe : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"})
    CHECK(page.find(unsafe) == std::string::npos);
  CHECK(page.find("{{") == std::string::npos);
}

TEST_CASE("a timeline with nothing in it is still a page") {
  CHECK(export_html({}).find("<title> \xC2\xB7 timeline</title>") != std::string::npos);
}
