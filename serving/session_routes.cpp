#include "serving/access.hpp"
#include "serving/route_call.hpp"

#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

std::string set_cookie(route_call& call, std::string_view value, std::chrono::seconds lasts) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", session_cookie(call.options().port),
                     value, lasts.count(), call.options().tls_certificate.empty() ? "" : "; Secure");
}

} // namespace

http_response open_session(route_call& call) {
  auto text = json_body(call);
  if (!text)
    return std::move(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("token") || !json["token"].is_string())
    return error_response(400, "invalid_argument", "the body must be {\"token\": \"...\"}");
  const auto now = session_store::clock::now();
  if (!same_secret(json["token"].get_ref<const std::string&>(), call.token())) {
    if (!call.wrong_tokens().add(now))
      return error_response(401, "unauthorized", "the token is wrong");
    auto response = error_response(429, "too_many_wrong_tokens", "too many wrong tokens; wait a minute");
    response.headers.emplace_back("Retry-After", "60");
    return response;
  }
  auto response = empty_response(204);
  response.headers.emplace_back("Set-Cookie", set_cookie(call, call.sessions().open(now), call.sessions().lifetime()));
  return response;
}

http_response show_session(route_call&) {
  return empty_response(204); // without a session it had been refused before
}

http_response close_session(route_call& call) {
  call.sessions().close(cookie_value(call.request.header("cookie"), session_cookie(call.options().port)));
  auto response = empty_response(204);
  response.headers.emplace_back("Set-Cookie", set_cookie(call, "", std::chrono::seconds{0}));
  return response;
}

} // namespace timeloom
