/// The names of a model's labels, which come from its file and may be any bytes.
#pragma once

#include <string>
#include <vector>

namespace timeloom {

/// `names` as an event's label may be: UTF-8 on one line, cut between characters to the length that one accepts.
std::vector<std::string> label_names(std::vector<std::string> names);

} // namespace timeloom
