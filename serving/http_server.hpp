/// The daemon's HTTP side: the API of docs/openapi.json and the web page.
///
/// Listens on loopback unless told otherwise. Every request but GET /health, the page's own files and POST /v1/session
/// needs the bearer token, or the cookie that the token was exchanged for. Host and Origin are checked, so that no
/// page of another site can speak to it, whatever name it gives this machine.
#pragma once

#include "core/error.hpp"
#include "serving/service.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace timeloom {

struct http_options {
  std::string address = "127.0.0.1";
  int port = 8765;                        ///< 0: any free one
  std::string token_file;                 ///< made with mode 0600 where there is none
  std::string tls_certificate, tls_key;   ///< PEM files; empty: no TLS
  std::vector<std::string> allowed_hosts; ///< names by which it may be asked, besides loopback's
  std::string upload_dir;                 ///< where uploads go, each in a folder of its own; empty: none are taken
  std::int64_t max_upload_bytes = 0;
  int max_streams = 32;                 ///< event streams at a time
  int threads = 8;                      ///< for all other requests
  std::chrono::seconds slow_client{10}; ///< without a byte read or written; for a whole head or JSON body
  std::string version;                  ///< of the program
};

class http_server {
public:
  /// Listens when it returns. `does` must live longer.
  static expected<http_server> start(const http_options& options, service& does);
  http_server(http_server&&) noexcept;
  http_server& operator=(http_server&&) noexcept;
  /// Ends the streams, then the requests that run, within a few seconds.
  ~http_server();

  std::string url() const; ///< such as "http://127.0.0.1:8765"

private:
  class implementation;
  explicit http_server(std::unique_ptr<implementation> running);
  std::unique_ptr<implementation> running_;
};

} // namespace timeloom
