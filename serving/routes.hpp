/// What the daemon answers to which request: plain requests to plain answers, without sockets.
///
/// Any thread may call; as many calls of the service run at once as `http_options::threads` says, others wait for their
/// turn. Only /health, /ready and /metrics never do.
#pragma once

#include "serving/http_message.hpp"
#include "serving/http_server.hpp"
#include "serving/request_origin.hpp"
#include "serving/service.hpp"
#include "serving/session_store.hpp"
#include "serving/slots.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace timeloom {

/// As in docs/openapi.json: "/v1/jobs/{id}".
struct route_name {
  std::string_view method;
  std::string_view path;
};

class routes {
public:
  /// `token` is what `options.token_file` holds, and `port` the one that was bound. `does` must live longer.
  routes(http_options options, int port, std::string token, service& does);

  /// The whole answer, refusals too. Reads `body` only when the request is allowed and needs it.
  http_response answer(const http_request& request, request_body& body);

  /// All there are, but for HEAD, which every GET takes too.
  static std::span<const route_name> names();

private:
  friend struct route_call;
  http_response guarded_answer(const http_request& request, request_body& body);
  std::optional<http_response> refusal_of(const http_request& request, bool open);

  http_options options_;
  server_names names_;
  std::string token_;
  service& service_;
  session_store sessions_;
  wrong_token_count wrong_tokens_;
  slots turns_, streams_, uploads_;
};

/// {"error": {"code", "message"}}
http_response error_response(int status, std::string_view code, std::string_view message);
/// With the status that `service.hpp` names for the code.
http_response error_response(const error& problem);

} // namespace timeloom
