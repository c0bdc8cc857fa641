/// The programs that are installed beside this one: its workers.
#pragma once

#include <string>
#include <string_view>

namespace timeloom {

/// Decodes media for the analyzers; this one and the render worker are the only programs that link FFmpeg.
inline constexpr std::string_view media_worker_program = "timeloom-media-worker";
/// Runs the analyzers of sampled pictures that need no model, and the only program that links Tesseract.
inline constexpr std::string_view analysis_worker_program = "timeloom-analysis-worker";
/// Draws what was found on the videos, and the only program that links Cairo and Pango.
inline constexpr std::string_view render_worker_program = "timeloom-render-worker";
/// Runs models, and the only program that links libtorch. Not always built.
inline constexpr std::string_view model_worker_program = "timeloom-model-worker";

/// The absolute path of the program `name` in the folder of the running one. The file may be missing.
std::string sibling_program(std::string_view name);

} // namespace timeloom
