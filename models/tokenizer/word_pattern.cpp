#include "models/tokenizer/word_pattern.hpp"

#include <array>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace timeloom {

struct word_pattern::code {
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> compiled;
};

namespace {

constexpr std::size_t least_jit_stack_bytes = 32 << 10;
constexpr std::size_t most_jit_stack_bytes = 64 << 20;

/// Unicode's White_Space, as a part of a character class.
constexpr std::string_view white_space =
    R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

/// The pattern with each `\s` and `\S` spelled out. Fails on `\S` in a class, which would need set arithmetic.
expected<std::string> spelled_out(std::string_view pattern) {
  std::string made;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c != '\\' || i + 1 == pattern.size()) {
      in_class = c == '[' || (in_class && c != ']');
      made += c;
      continue;
    }
    const char escaped = pattern[++i];
    if (escaped == 's' && in_class)
      made += white_space;
    else if (escaped == 's')
      made.append("[").append(white_space).append("]");
    else if (escaped == 'S' && !in_class)
      made.append("[^").append(white_space).append("]");
    else if (escaped == 'S')
      return fail(errc::unsupported, "the pattern {} has \\S within a class, which is not supported", pattern);
    else
      made.append({c, escaped});
  }
  return made;
}

std::string pcre2_text(int number) {
  std::array<unsigned char, 160> text{};
  pcre2_get_error_message(number, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

} // namespace

expected<word_pattern> word_pattern::compile(std::string_view pattern) {
  const auto spelled = spelled_out(pattern);
  if (!spelled)
    return tl::unexpected{spelled.error()};
  int number = 0;
  PCRE2_SIZE at = 0;
  auto* const compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(spelled->data()), spelled->size(),
                                       PCRE2_UTF | PCRE2_UCP, &number, &at, nullptr);
  if (compiled == nullptr)
    return fail(errc::unsupported, "the pattern {} cannot be compiled: {}", pattern, pcre2_text(number));
  auto made = std::make_shared<code>(code{{compiled, &pcre2_code_free}});
  // Where there is no compiler for this processor, pcre2_match interprets.
  pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
  return word_pattern{std::move(made)};
}

expected<void> word_pattern::split(std::string_view text, const std::function<void(std::string_view)>& word) const {
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match{
      pcre2_match_data_create_from_pattern(code_->compiled.get(), nullptr), &pcre2_match_data_free};
  const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context{
      pcre2_match_context_create(nullptr), &pcre2_match_context_free};
  const std::unique_ptr<pcre2_jit_stack, decltype(&pcre2_jit_stack_free)> stack{
      pcre2_jit_stack_create(least_jit_stack_bytes, most_jit_stack_bytes, nullptr), &pcre2_jit_stack_free};
  if (!match || !context)
    return fail(errc::exhausted, "no memory to cut a text into words");
  pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  const auto* const subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const auto* const range = pcre2_get_ovector_pointer(match.get());
  std::size_t given = 0; // up to here the text was given away
  for (std::size_t at = 0; at < text.size();) {
    const int found = pcre2_match(code_->compiled.get(), subject, text.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY,
                                  match.get(), context.get());
    if (found == PCRE2_ERROR_NOMATCH)
      break;
    if (found < 0)
      return fail(errc::exhausted, "a text of {} bytes cannot be cut into words: {}", text.size(), pcre2_text(found));
    if (range[0] > given)
      word(text.substr(given, range[0] - given));
    word(text.substr(range[0], range[1] - range[0]));
    given = at = range[1];
  }
  if (given < text.size())
    word(text.substr(given));
  return {};
}

} // namespace timeloom
