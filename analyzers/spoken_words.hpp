/// What two readings say, without how it is written. A plain function; any thread may call it.
#pragma once

#include "analyzers/text_reader.hpp"

namespace timeloom {

/// Whether two readings that may be of one line differ in words of which both are sure: another word, or one more that
/// is not at an end, where a line may be cut. Marks, case and letters that look like each other do not count.
bool says_otherwise(const line_reading& one, const line_reading& other);

} // namespace timeloom
