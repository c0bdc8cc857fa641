/// Words for the user. What cannot be written (a closed terminal, a full disk) is dropped: it must not cost a result.
#pragma once

#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

namespace timeloom {

template <class... Args>
void say(std::FILE* to, fmt::format_string<Args...> text, Args&&... args) {
  const auto words = fmt::format(text, std::forward<Args>(args)...);
  std::fwrite(words.data(), 1, words.size(), to);
  std::fflush(to);
}

/// A row of what the doctor found, on standard output.
inline void tell(std::string_view what, std::string_view found) {
  say(stdout, "  {:<24} {}\n", what, found);
}

} // namespace timeloom
