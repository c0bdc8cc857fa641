#include "timeline/json_text.hpp"

#include "timeline/utf8.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;
using nlohmann::ordered_json;

TEST_CASE("levels open line by line and the rest stays on one line") {
  const ordered_json json = {{"b", {{{"x", 1}}, {{"x", 2}}}}, {"a", ordered_json::array()}};
  CHECK(json_text(json, 0) == R"({"b": [{"x": 1}, {"x": 2}], "a": []})");
  CHECK(json_text(json, 2) == "{\n  \"b\": [\n    {\"x\": 1},\n    {\"x\": 2}\n  ],\n  \"a\": []\n}");
}

TEST_CASE("numbers are the shortest that read back equal") {
  CHECK(json_text({0.1, 1.0, 1e21, -0.0, 1.0 / 3, std::nan(""), 7}, 0) ==
        "[0.1, 1.0, 1e+21, -0.0, 0.3333333333333333, null, 7]");
}

TEST_CASE("any bytes give JSON text that reads back") {
  std::string bytes;
  for (int c = 0; c < 256; ++c)
    bytes += static_cast<char>(c);
  CHECK(ordered_json::parse(json_text(bytes, 0)) == repaired_utf8(bytes));
  CHECK(ordered_json::parse(json_text_for_html(bytes)) == repaired_utf8(bytes));
}

TEST_CASE("text for HTML holds nothing that could end a script element") {
  const std::string hostile = "</script><!--<script>&lt;\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xA7";
  const std::string text = json_text_for_html({{hostile, hostile}});
  CHECK(text.find_first_of("<>&") == std::string::npos);
  CHECK(text.find("\xE2\x80\xA8") == std::string::npos);
  CHECK(text.find("\xE2\x80\xA9") == std::string::npos);
  CHECK(text.find("\xE2\x80\xA7") != std::string::npos);
  CHECK(ordered_json::parse(text) == ordered_json{{hostile, hostile}});
}

TEST_CASE("UTF-8 is told from what only resembles it") {
  for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"})
    CHECK(is_utf8(good));
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xE2\x82"})
    CHECK_FALSE(is_utf8(bad));
  CHECK(repaired_utf8("a\xE2\x82z") == "a\xEF\xBF\xBDz");
}
