/// Speaks to a daemon over HTTP, for the command line. One owner, one thread.
#pragma once

#include "core/error.hpp"
#include "serving/event_reader.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace timeloom {

struct http_client_options {
  std::string url; ///< such as "http://127.0.0.1:8765"
  std::string token;
  std::string ca_certificate; ///< PEM file of who signed the daemon's certificate; empty: those of the system
  std::chrono::seconds timeout{30};
};

/// Each call fails with the code and the sentence of the daemon's answer, with `io` when nobody answers, and with
/// `timeout` when the answer takes too long. Answers are JSON texts.
class http_client {
public:
  explicit http_client(http_client_options options);
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;
  ~http_client();

  /// Of another client to the same daemon.
  const http_client_options& options() const;

  expected<std::string> get(const std::string& path);
  expected<std::string> post(const std::string& path, const std::string& json = "{}");
  expected<std::string> del(const std::string& path);

  /// Calls `heard` with each event of the stream at `path` until it says false or the stream ends. Before the first
  /// one, and once the daemon tells what happens from then on, `opened`; false ends the stream. Neither may use this
  /// client.
  expected<void> listen(
      const std::string& path, const std::function<bool(const server_event&)>& heard,
      const std::function<bool()>& opened = [] { return true; });

private:
  class implementation;
  std::unique_ptr<implementation> does_;
};

} // namespace timeloom
