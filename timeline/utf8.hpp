/// Text from outside (file names, OCR, worker processes) is bytes until it was looked at here.
#pragma once

#include <string>
#include <string_view>

namespace timeloom {

/// Whether `bytes` is well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above
/// U+10FFFF.
bool is_utf8(std::string_view bytes);

/// `bytes` with every ill-formed part replaced by U+FFFD, as the WHATWG decoder does it.
std::string repaired_utf8(std::string_view bytes);

/// `bytes` as well-formed UTF-8 on one line: every control character (C0, DEL, C1) becomes '?', so that a file name or
/// what a worker says cannot steer a terminal or forge a line of a log.
std::string one_line(std::string_view bytes);

} // namespace timeloom
