#include "models/tokenizer/tokenizer.hpp"

#include "tests/models/fixtures.hpp"
#include "tests/temporary_folder.hpp"

namespace timeloom {

using nlohmann::json;
using tests::fixture;
using tests::fixture_json;

namespace {

const tokenizer& sample_tokenizer() {
  static const auto loaded = tokenizer::load(fixture("tokenizer/tokenizer.json"));
  REQUIRE(loaded);
  return *loaded;
}

/// What the fixture is refused for with another value at `pointer`; "" when it is not.
std::string refusal(const char* pointer, const json& value) {
  const tests::temporary_folder folder;
  auto file = fixture_json("internvl3/hf/tokenizer.json");
  file[json::json_pointer{pointer}] = value;
  const auto loaded = tokenizer::load(folder.file("tokenizer.json", file.dump()));
  const auto before = folder.path().string().size() + 1;
  return loaded ? "" : loaded.error().message.substr(before);
}

} // namespace

TEST_CASE("texts in many scripts get the ids that the tokenizers library gives them") {
  const auto& vocabulary = sample_tokenizer();
  const auto sample = fixture_json("tokenizer/sample.json");
  REQUIRE(sample["encode"].size() > 1000);
  std::size_t different = 0;
  for (const auto& entry : sample["encode"]) {
    const auto text = entry["text"].get<std::string>();
    const auto ids = vocabulary.encode(text);
    REQUIRE(ids);
    if (*ids != entry["ids"].get<std::vector<token_id>>()) {
      ++different;
      UNSCOPED_INFO(entry.dump());
    }
    // What comes back is the text in normalisation form C.
    const auto decoded = entry.contains("decoded") ? entry["decoded"].get<std::string>() : text;
    if (vocabulary.decode(*ids, true) != decoded) {
      ++different;
      UNSCOPED_INFO("decoded: " + entry.dump());
    }
  }
  CHECK(different == 0);
}

TEST_CASE("ids in any order give the text that the tokenizers library makes of them, also token by token") {
  const auto& vocabulary = sample_tokenizer();
  const auto sample = fixture_json("tokenizer/sample.json");
  for (const auto& entry : sample["decode"]) {
    const auto ids = entry["ids"].get<std::vector<token_id>>();
    INFO(entry.dump());
    CHECK(vocabulary.decode(ids, true) == entry["text"].get<std::string>());
    CHECK(vocabulary.decode(ids, false) == entry["text_without_special"].get<std::string>());
    text_stream stream{vocabulary};
    std::string together;
    for (const auto id : ids) {
      const auto piece = stream.push(id);
      for (std::string_view rest = piece; !rest.empty(); rest.remove_prefix(utf8_sequence_length(rest)))
        REQUIRE(utf8_sequence_length(rest) > 0);
      together += piece;
    }
    CHECK(together + stream.finish() == entry["text_without_special"].get<std::string>());
  }
}

TEST_CASE("ids that name no token give no text") {
  const auto& vocabulary = sample_tokenizer();
  CHECK(vocabulary.decode(std::vector<token_id>{-1, 1 << 30, static_cast<token_id>(vocabulary.size())}, true) == "");
  CHECK_FALSE(vocabulary.is_special(-1));
}

TEST_CASE("special tokens are known by name, and left out of texts") {
  const auto& vocabulary = sample_tokenizer();
  const auto end = vocabulary.added("<|im_end|>");
  REQUIRE(end);
  CHECK(vocabulary.is_special(*end));
  CHECK(vocabulary.bytes(*end) == "<|im_end|>");
  CHECK_FALSE(vocabulary.is_special(vocabulary.added("<tool_call>").value()));
  CHECK_FALSE(vocabulary.added("a"));
  const auto ids = vocabulary.encode("one<|im_end|>two");
  REQUIRE(ids);
  CHECK(vocabulary.decode(*ids, false) == "onetwo");
}

TEST_CASE("a text that is no UTF-8 is refused with the place") {
  const auto refused = sample_tokenizer().encode("good\xc3(");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "a text is no valid UTF-8 at byte 4");
  CHECK_FALSE(sample_tokenizer().encode("\xed\xa0\x80")); // a surrogate
}

TEST_CASE("long runs of anything are cut and encoded in no more than n log n") { // else the test runs out of time
  const auto& vocabulary = sample_tokenizer();
  for (const std::string part : {" ", "a", "\n", "!", " \n", "7", "é", "e\u0301", "字", "\t\r"}) {
    std::string text;
    while (text.size() < 200'000)
      text += part;
    const auto ids = vocabulary.encode(text);
    REQUIRE(ids);
    CHECK(vocabulary.decode(*ids, true).size() <= text.size());
  }
}

TEST_CASE("tokens that are marked as normalised are found after normalisation") {
  const tests::temporary_folder folder;
  auto file = fixture_json("internvl3/hf/tokenizer.json");
  const auto id = file["model"]["vocab"].size() + file["added_tokens"].size();
  file["added_tokens"].push_back({{"id", id},
                                  {"content", "caf\u00e9"},
                                  {"special", false},
                                  {"normalized", true},
                                  {"lstrip", false},
                                  {"rstrip", false},
                                  {"single_word", false}});
  const auto loaded = tokenizer::load(folder.file("tokenizer.json", file.dump()));
  REQUIRE(loaded);
  CHECK(loaded->encode("cafe\u0301") == std::vector<token_id>{static_cast<token_id>(id)});
}

TEST_CASE("merges are read as pairs and as older files write them") {
  const tests::temporary_folder folder;
  auto file = fixture_json("internvl3/hf/tokenizer.json");
  const auto pairs = tokenizer::load(folder.file("pairs.json", file.dump()));
  for (auto& merge : file["model"]["merges"])
    if (merge.is_array())
      merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  const auto texts = tokenizer::load(folder.file("texts.json", file.dump()));
  REQUIRE(pairs);
  REQUIRE(texts);
  const std::string text = "import os, the return of self.value";
  CHECK(pairs->encode(text) == texts->encode(text));
  CHECK(pairs->encode(text)->size() < text.size());
}

TEST_CASE("a tokenizer.json of another kind says what is not supported") {
  CHECK(refusal("/model/type", "Unigram") == R"(tokenizer.json: model "Unigram" is not supported)");
  CHECK(refusal("/model/byte_fallback", true) == "tokenizer.json: byte_fallback true is not supported");
  CHECK(refusal("/model/ignore_merges", true) == "tokenizer.json: ignore_merges true is not supported");
  CHECK(refusal("/normalizer", json{{"type", "Lowercase"}}) ==
        R"(tokenizer.json: normalizer {"type":"Lowercase"} is not supported)");
  CHECK(refusal("/pre_tokenizer", json{{"type", "Whitespace"}}) ==
        R"(tokenizer.json: pre_tokenizer {"type":"Whitespace"} is not supported)");
  CHECK(refusal("/decoder", nullptr) == "tokenizer.json: decoder null is not supported");
  CHECK(refusal("/post_processor", json{{"type", "TemplateProcessing"}}).find("post_processor") != std::string::npos);
  CHECK(refusal("/added_tokens/0/lstrip", true) ==
        R"(tokenizer.json: lstrip of the added token "<|endoftext|>" is not supported)");
  CHECK(refusal("/pre_tokenizer/pretokenizers/0/pattern/Regex", "(").find("cannot be compiled") != std::string::npos);
  CHECK(refusal("/pre_tokenizer/pretokenizers/0/pattern/Regex", "[\\S]").find("\\S within a class") !=
        std::string::npos);
}

TEST_CASE("a tokenizer.json whose parts do not fit says which") {
  CHECK(refusal("/model/vocab", json::object()) == "tokenizer.json: model.vocab is missing or empty");
  CHECK(refusal("/model/vocab", json{{"a", 0}}) == "tokenizer.json: the vocabulary has no token for the byte 0x00");
  CHECK(refusal("/model/vocab/a", -1).find(R"(token "a" has the id -1; expected 0 to)") != std::string::npos);
  CHECK(refusal("/model/vocab/a", 1.5).find("has the id 1.5") != std::string::npos);
  CHECK(refusal("/model/vocab/a", 5000000).find("has the id 5000000") != std::string::npos);
  CHECK(refusal("/model/vocab/a", 300).find("id 300 is given to two tokens") != std::string::npos);
  CHECK(refusal("/model/merges", 3) == "tokenizer.json: model.merges is no list");
  CHECK(refusal("/model/merges/0", "a") == R"(tokenizer.json: the merge "a" is none)");
  CHECK(refusal("/model/merges/0", json{"zz", "qq"}).find("is not in the vocabulary") != std::string::npos);
  CHECK(refusal("/added_tokens/0/content", "").find("has no content") != std::string::npos);
  CHECK(refusal("/added_tokens/0/id", "x").find(R"(has the id "x")") != std::string::npos);
  const tests::temporary_folder folder;
  const auto broken = tokenizer::load(folder.file("tokenizer.json", "{"));
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == folder.at("tokenizer.json") + " is no JSON");
}

TEST_CASE("a stream of bytes gives characters when they are whole") {
  utf8_stream stream;
  CHECK(stream.push("a\xe2\x82") == "a");
  CHECK(stream.push("\xac") == "\u20ac");
  CHECK(stream.push("\xf0\x9f") == "");
  CHECK(stream.push("x") == "\ufffdx");                       // two bytes of one character: one replacement
  CHECK(stream.push("\xff\xc0\x80") == "\ufffd\ufffd\ufffd"); // none of these begins one
  CHECK(stream.push("\xed\xa0") == "\ufffd\ufffd");           // nor do surrogates
  CHECK(stream.push("\xc3") == "");
  CHECK(stream.finish() == "\ufffd");
  CHECK(stream.finish() == "");
}

} // namespace timeloom
