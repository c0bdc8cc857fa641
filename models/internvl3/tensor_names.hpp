/// How InternVL3's tensors are called in the checkpoints of both layouts.
#pragma once

#include "models/internvl3/internvl3_config.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// One row of the table. "#" is the number of a layer. "<q,k,v>" are several tensors of the file, which ours holds one
/// after another, along the first dimension.
struct tensor_name {
  std::string_view ours;
  std::string_view transformers; ///< without the prefix "model.", which comes and goes with the version
  std::string_view original;
};

/// All of them; those that a configuration leaves out are in it too.
std::span<const tensor_name> tensor_names();

/// The tensor of ours `name` in a file: its parts in order, each as the names it may have, of which the likeliest is
/// first. Empty when no row has that name.
///
/// Besides the table, for transformers: with and without "model." before; "language_model.model." for
/// "language_model." and "language_model.lm_head" for "lm_head", as version 4.52 wrote them.
std::vector<std::vector<std::string>> names_in_file(std::string_view name, checkpoint_layout layout);

} // namespace timeloom
