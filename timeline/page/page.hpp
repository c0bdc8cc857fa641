/// The parts of the HTML export, which CMake puts into the library from the files beside this one.
#pragma once

#include <string_view>

namespace timeloom::page {

extern const std::string_view html; ///< page.html; {{title}}, {{policy}}, {{style}}, {{data}}, {{script}} are filled in
extern const std::string_view style;  ///< page.css
extern const std::string_view script; ///< the .js files, one after the other

} // namespace timeloom::page
