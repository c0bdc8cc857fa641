/// The one table of options: what a file may say, where it goes, in which unit and range, and what it is for.
///
/// Parsing, messages, printing and `configs/example.yaml` are all made from it; the defaults are those of
/// `configuration`.
#pragma once

#include "app/configuration.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace timeloom {

/// Where in a configuration an option's value lives.
template <class T>
using value_place = T& (*)(configuration&);

template <class T>
struct number_option {
  value_place<T> value;
  T least;
  T most;
};

struct count_option {
  value_place<automatic_count> value;
  int least;
  int most;
};

struct flag_option {
  value_place<bool> value;
};

struct text_option {
  value_place<std::string> value;
  bool may_be_empty;
  std::string_view what; ///< what is expected, such as "a folder"
};

/// One of `names`.
struct word_option {
  std::span<const std::string_view> names;
  std::string_view (*read)(const configuration&);
  void (*write)(configuration&, std::string_view name);
};

/// One or more of `names`, each at most once; without names, words that `accepts` takes.
struct list_option {
  std::span<const std::string_view> names;
  bool (*accepts)(std::string_view word);
  std::string_view what; ///< what `accepts` takes, such as "language names"
  bool or_all;           ///< the word `all` may stand in place of a list
  bool may_be_empty;
  std::vector<std::string> (*read)(const configuration&); ///< no words: all
  void (*write)(configuration&, const std::vector<std::string>& words);
};

/// A map of GPU groups.
struct groups_option {
  value_place<std::vector<gpu_group>> value;
};

/// A list of prompts for videos of certain names.
struct prompts_option {
  value_place<std::vector<caption_prompt>> value;
};

using option_kind = std::variant<number_option<int>, number_option<std::int64_t>, number_option<double>, count_option,
                                 flag_option, text_option, word_option, list_option, groups_option, prompts_option>;

struct option {
  std::string_view path; ///< such as "media.workers"; options of one group stand together
  option_kind kind;
  std::string_view unit; ///< may be empty
  std::string_view help; ///< one line
};

std::span<const option> option_table();

/// What a file may say there, such as "a number from 0.1 to 240 (Hz)".
std::string expectation(const option& wanted);

/// Its value in `from` as YAML, on one line.
std::string value_as_yaml(const option& wanted, const configuration& from);

/// The name among `candidates` that `word` was probably meant to be, or nothing.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace timeloom
