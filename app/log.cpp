#include "app/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace timeloom {

expected<void> start_log(const log_options& options) {
  try {
    auto logger =
        options.file.empty() ? spdlog::stderr_color_mt("timeloom") : spdlog::basic_logger_mt("timeloom", options.file);
    logger->set_level(spdlog::level::from_str(std::string{to_string(options.level)}));
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& problem) {
    return fail(errc::io, "cannot write the log to {}: {}", options.file, problem.what());
  }
  return {};
}

} // namespace timeloom
