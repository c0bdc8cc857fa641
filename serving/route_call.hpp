/// What the handlers of routes get. Only for routes.cpp and the files of handlers beside it.
#pragma once

#include "serving/routes.hpp"

#include <array>
#include <cstdint>

namespace timeloom {

struct route_call {
  routes& at;
  const http_request& request;
  request_body& body;
  std::array<std::int64_t, 2> numbers{}; ///< those that stand for {id} and {n} in the path

  const http_options& options() const { return at.options_; }
  const std::string& token() const { return at.token_; }
  session_store& sessions() const { return at.sessions_; }
  wrong_token_count& wrong_tokens() const { return at.wrong_tokens_; }
  slots& streams() const { return at.streams_; }
  slots& uploads() const { return at.uploads_; }

  /// The service, for what needs no turn.
  service& at_once() const { return at.service_; }

  /// `does(service)` when it has its turn, else the error `exhausted`.
  template <class Does>
  auto in_turn(Does does) const -> decltype(does(at.service_)) {
    const auto turn = at.turns_.take(std::chrono::seconds{10});
    if (!turn)
      return fail(errc::exhausted, "too many requests at once; try again");
    return does(at.service_);
  }
};

http_response json_response(std::string text, int status = 200);
http_response empty_response(int status);

/// The body as text. Fails with the answer to give: 415 for another type than JSON, 413 for more than 64 KiB, 408 when
/// all of it takes longer than `slow_client`, ...
tl::expected<std::string, http_response> json_body(route_call& call);

// jobs
http_response list_jobs(route_call& call);
http_response submit_job(route_call& call);
http_response show_job(route_call& call);
http_response cancel_job(route_call& call);
http_response pause_job(route_call& call);
http_response resume_job(route_call& call);
http_response retry_job(route_call& call);
http_response pause_queue(route_call& call);
http_response resume_queue(route_call& call);

// files
http_response send_timeline(route_call& call);
http_response send_media(route_call& call);
http_response send_thumbnail(route_call& call);
http_response send_page_file(route_call& call);

// streams
http_response stream_job(route_call& call);
http_response stream_all(route_call& call);

// sessions
http_response open_session(route_call& call);
http_response show_session(route_call& call);
http_response close_session(route_call& call);

/// "timeloom_session" with the port, because cookies do not tell one port of a host from the other.
std::string session_cookie(int port);

} // namespace timeloom
