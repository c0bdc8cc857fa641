/// JSON as text that people read too.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace timeloom {

/// Down to `open_levels` levels every member or element has a line of its own, indented by two spaces a level; below
/// them a value stands on one line. 0 gives one line in all. Numbers are the shortest that read back equal, what is
/// not finite is null, ill-formed UTF-8 becomes U+FFFD, and a binary value becomes null. Ends without a newline.
std::string json_text(const nlohmann::ordered_json& json, int open_levels);

/// The same on one line with '<', '>', '&', U+2028 and U+2029 as \u escapes: it can stand inside an HTML <script>
/// and no content can end or change that element.
std::string json_text_for_html(const nlohmann::ordered_json& json);

} // namespace timeloom
