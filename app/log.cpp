#include "app/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

/// What messages go through, so that the file behind it can be replaced while threads log.
const std::shared_ptr<spdlog::sinks::dist_sink_mt>& outlet() {
  static const auto sink = std::make_shared<spdlog::sinks::dist_sink_mt>();
  return sink;
}

spdlog::sink_ptr open_sink(const log_options& options) {
  if (options.file.empty())
    return std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
}

} // namespace

expected<void> start_log(const log_options& options) {
  if (auto opened = reopen_log(options); !opened)
    return opened;
  auto logger = std::make_shared<spdlog::logger>("timeloom", outlet());
  logger->set_level(spdlog::level::from_str(std::string{to_string(options.level)}));
  logger->flush_on(spdlog::level::trace); // a file must have the last words before a crash
  spdlog::set_default_logger(std::move(logger));
  return {};
}

expected<void> reopen_log(const log_options& options) {
  try {
    outlet()->set_sinks({open_sink(options)});
  } catch (const spdlog::spdlog_ex& problem) {
    return fail(errc::io, "cannot write the log to {}: {}", options.file, problem.what());
  }
  return {};
}

} // namespace timeloom
