#include "models/tokenizer/tokenizer_json.hpp"

#include "models/json_fields.hpp"
#include "models/mapped_file.hpp"
#include "models/tokenizer/byte_alphabet.hpp"

#include <unordered_map>

namespace timeloom {

namespace {

using nlohmann::json;
using vocabulary = std::unordered_map<std::string, token_id>;

constexpr std::int64_t most_tokens = 4 << 20;

/// The member `name` of an object, or null.
const json& member(const json& object, const char* name) {
  static const json none;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : none;
}

bool is_type(const json& object, std::string_view type) {
  return member(object, "type") == json(type);
}

bool is_true(const json& object, const char* name) {
  return member(object, name) == json(true);
}

/// The members of a "Sequence", or the one object alone.
std::vector<json> steps(const json& object, const char* members) {
  if (object.is_null())
    return {};
  const auto& inner = member(object, members);
  if (is_type(object, "Sequence") && inner.is_array())
    return inner;
  return {object};
}

tl::unexpected<error> unsupported(const char* part, const json& value) {
  return fail(errc::unsupported, "{} {} is not supported", part, one_line(value));
}

expected<bool> reads_nfc(const json& all) {
  bool nfc = false;
  for (const auto& step : steps(member(all, "normalizer"), "normalizers")) {
    if (!is_type(step, "NFC"))
      return unsupported("normalizer", step);
    nfc = true;
  }
  return nfc;
}

bool is_plain_byte_level(const json& step) {
  return is_type(step, "ByteLevel") && !is_true(step, "add_prefix_space") && member(step, "use_regex") == json(false);
}

expected<std::string> read_pattern(const json& all) {
  const auto& whole = member(all, "pre_tokenizer");
  const auto parts = steps(whole, "pretokenizers");
  if (parts.size() != 2 || !is_type(parts[0], "Split") || member(parts[0], "behavior") != json("Isolated") ||
      is_true(parts[0], "invert") || !member(member(parts[0], "pattern"), "Regex").is_string() ||
      !is_plain_byte_level(parts[1]))
    return unsupported("pre_tokenizer", whole);
  return member(member(parts[0], "pattern"), "Regex").get<std::string>();
}

/// What would change the tokens and is not done here.
expected<void> check_supported(const json& all) {
  const auto& model = member(all, "model");
  if (const auto& type = member(model, "type"); !type.is_null() && type != json("BPE"))
    return unsupported("model", type);
  for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (const auto& value = member(model, name); !value.is_null() && value != json(""))
      return unsupported(name, value);
  for (const char* name : {"byte_fallback", "ignore_merges"})
    if (is_true(model, name))
      return unsupported(name, member(model, name));
  if (const auto& dropout = member(model, "dropout"); !dropout.is_null() && dropout != json(0.0))
    return unsupported("dropout", dropout);
  for (const auto& step : steps(member(all, "post_processor"), "processors"))
    if (!is_type(step, "ByteLevel"))
      return unsupported("post_processor", step);
  if (!is_type(member(all, "decoder"), "ByteLevel"))
    return unsupported("decoder", member(all, "decoder"));
  return {};
}

expected<token_id> read_id(const json& value, std::string_view token) {
  if (!value.is_number_integer() || value < json(0) || value >= json(most_tokens))
    return fail(errc::corrupt_media, "token {} has the id {}; expected 0 to {}", one_line(json(token)), one_line(value),
                most_tokens - 1);
  return value.get<token_id>();
}

/// Takes the text of a token in; two of different text must not share an id.
expected<void> set_bytes(tokenizer_parts& parts, token_id id, const std::string& token) {
  const auto at = static_cast<std::size_t>(id);
  if (parts.token_bytes.size() <= at)
    parts.token_bytes.resize(at + 1);
  auto bytes = bytes_of_token(token).value_or(token);
  if (!parts.token_bytes[at].empty() && parts.token_bytes[at] != bytes)
    return fail(errc::corrupt_media, "id {} is given to two tokens, one of them {}", id, one_line(json(token)));
  parts.token_bytes[at] = std::move(bytes);
  return {};
}

expected<vocabulary> read_vocabulary(const json& all, tokenizer_parts& parts) {
  const auto& listed = member(member(all, "model"), "vocab");
  if (!listed.is_object() || listed.empty())
    return fail(errc::corrupt_media, "model.vocab is missing or empty");
  vocabulary made;
  made.reserve(listed.size());
  for (const auto& [token, value] : listed.items()) {
    const auto id = read_id(value, token);
    if (!id)
      return tl::unexpected{id.error()};
    if (auto taken = set_bytes(parts, *id, token); !taken)
      return tl::unexpected{taken.error()};
    made.emplace(token, *id);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto found = made.find(byte_character(static_cast<std::uint8_t>(byte)));
    if (found == made.end())
      return fail(errc::corrupt_media, "the vocabulary has no token for the byte {:#04x}", byte);
    parts.bytes[byte] = found->second;
  }
  return made;
}

/// The two sides of a merge: ["a", "b"], or "a b" in older files.
std::optional<std::pair<std::string, std::string>> sides(const json& value) {
  if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string())
    return std::pair{value[0].get<std::string>(), value[1].get<std::string>()};
  if (!value.is_string())
    return {};
  const auto& text = value.get_ref<const std::string&>();
  const auto space = text.find(' ');
  if (space == text.npos || text.find(' ', space + 1) != text.npos)
    return {};
  return std::pair{text.substr(0, space), text.substr(space + 1)};
}

expected<void> read_merges(const json& all, const vocabulary& tokens, tokenizer_parts& parts) {
  const auto& listed = member(member(all, "model"), "merges");
  if (!listed.is_array())
    return fail(errc::corrupt_media, "model.merges is no list");
  parts.merges.reserve(listed.size());
  for (const auto& entry : listed) {
    const auto both = sides(entry);
    if (!both)
      return fail(errc::corrupt_media, "the merge {} is none", one_line(entry));
    const auto left = tokens.find(both->first);
    const auto right = tokens.find(both->second);
    const auto whole = tokens.find(both->first + both->second);
    if (left == tokens.end() || right == tokens.end() || whole == tokens.end())
      return fail(errc::corrupt_media, "the merge {} has a side or a result that is not in the vocabulary",
                  one_line(entry));
    parts.merges.push_back({left->second, right->second, whole->second});
  }
  return {};
}

expected<void> read_added(const json& all, tokenizer_parts& parts) {
  const auto& listed = member(all, "added_tokens");
  if (!listed.is_array() && !listed.is_null())
    return fail(errc::corrupt_media, "added_tokens is no list");
  for (const auto& entry : listed) {
    if (!member(entry, "content").is_string() || member(entry, "content") == json(""))
      return fail(errc::corrupt_media, "the added token {} has no content", one_line(entry));
    for (const char* name : {"lstrip", "rstrip", "single_word"})
      if (is_true(entry, name))
        return fail(errc::unsupported, "{} of the added token {} is not supported", name,
                    one_line(member(entry, "content")));
    const auto content = member(entry, "content").get<std::string>();
    const auto id = read_id(member(entry, "id"), content);
    if (!id)
      return tl::unexpected{id.error()};
    if (auto taken = set_bytes(parts, *id, content); !taken)
      return taken;
    parts.added.push_back({content, *id, is_true(entry, "special"), is_true(entry, "normalized")});
  }
  return {};
}

expected<tokenizer_parts> read_parts(const json& all) {
  tokenizer_parts parts;
  if (auto supported = check_supported(all); !supported)
    return tl::unexpected{supported.error()};
  auto nfc = reads_nfc(all);
  if (!nfc)
    return tl::unexpected{nfc.error()};
  parts.nfc = *nfc;
  auto pattern = read_pattern(all);
  if (!pattern)
    return tl::unexpected{pattern.error()};
  parts.pattern = std::move(*pattern);
  const auto tokens = read_vocabulary(all, parts);
  if (!tokens)
    return tl::unexpected{tokens.error()};
  if (auto merges = read_merges(all, *tokens, parts); !merges)
    return tl::unexpected{merges.error()};
  if (auto added = read_added(all, parts); !added)
    return tl::unexpected{added.error()};
  return parts;
}

} // namespace

expected<tokenizer_parts> read_tokenizer_json(const std::string& path) {
  const auto file = mapped_file::open(path);
  if (!file)
    return tl::unexpected{file.error()};
  const auto all = parse_json_object(file->text());
  if (!all)
    return fail(all.error().code, "{} {}", path, all.error().message);
  auto parts = read_parts(*all);
  if (!parts)
    return fail(parts.error().code, "{}: {}", path, parts.error().message);
  return parts;
}

} // namespace timeloom
