#include "app/daemon_contact.hpp"

#include "app/daemon_plan.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace timeloom {

expected<http_client_options> find_daemon(const configuration& settings) {
  const auto path = endpoint_file(state_folder(settings.daemon));
  std::ifstream file{path};
  const auto told = nlohmann::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}}, nullptr, false);
  if (!told.is_object() || !told.contains("url") || !told["url"].is_string() || !told.contains("pid") ||
      !told["pid"].is_number_integer() || !told.contains("token_file") || !told["token_file"].is_string())
    return fail(errc::not_found, "no daemon runs here: there is no usable {}; start one with: timeloom daemon", path);
  const auto pid = told["pid"].get<pid_t>(); // in a container that was started anew it may be this process
  if (pid == ::getpid() || (::kill(pid, 0) != 0 && errno == ESRCH))
    return fail(errc::not_found, "no daemon runs here any more; {} was left by one that did not end by itself", path);
  const auto token_path = told["token_file"].get<std::string>();
  std::ifstream token_stream{token_path};
  std::string token;
  if (!(token_stream >> token))
    return fail(errc::not_allowed, "cannot read the daemon's token from {}", token_path);
  return http_client_options{
      .url = told["url"].get<std::string>(), .token = token, .ca_certificate = settings.http.tls_certificate};
}

} // namespace timeloom
