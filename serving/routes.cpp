#include "serving/routes.hpp"

#include "serving/access.hpp"
#include "serving/job_json.hpp"
#include "serving/page_files.hpp"
#include "serving/route_call.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

using handler = http_response (*)(route_call&);

struct route {
  std::string_view method;
  std::string_view path;
  bool open; ///< asks for no token
  handler answer;
};

template <expected<std::string> (service::*Document)()>
http_response document(route_call& call) {
  auto text = call.in_turn([](service& does) { return (does.*Document)(); });
  return text ? json_response(std::move(*text)) : error_response(text.error());
}

http_response health(route_call& call) {
  return json_response(json_line({{"status", "ok"}, {"version", call.options().version}}));
}

http_response ready(route_call& call) {
  const auto now = call.at_once().ready();
  return json_response(json_line({{"ready", now.ready}, {"reason", now.reason}}), now.ready ? 200 : 503);
}

http_response metrics(route_call& call) {
  auto text = call.at_once().metrics_text();
  if (!text)
    return error_response(text.error());
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(*text)};
}

constexpr std::array table{
    route{"GET", "/", true, send_page_file},
    route{"GET", "/assets/{name}", true, send_page_file},
    route{"GET", "/health", true, health},
    route{"GET", "/ready", false, ready},
    route{"GET", "/metrics", false, metrics},
    route{"GET", "/stats", false, document<&service::stats_json>},
    route{"POST", "/v1/session", true, open_session},
    route{"GET", "/v1/session", false, show_session},
    route{"DELETE", "/v1/session", true, close_session},
    route{"GET", "/v1/jobs", false, list_jobs},
    route{"POST", "/v1/jobs", false, submit_job},
    route{"GET", "/v1/jobs/{id}", false, show_job},
    route{"DELETE", "/v1/jobs/{id}", false, cancel_job},
    route{"POST", "/v1/jobs/{id}/pause", false, pause_job},
    route{"POST", "/v1/jobs/{id}/resume", false, resume_job},
    route{"POST", "/v1/jobs/{id}/retry", false, retry_job},
    route{"GET", "/v1/jobs/{id}/timeline", false, send_timeline},
    route{"GET", "/v1/jobs/{id}/events", false, stream_job},
    route{"GET", "/v1/jobs/{id}/media", false, send_media},
    route{"GET", "/v1/jobs/{id}/thumbnails/{n}", false, send_thumbnail},
    route{"GET", "/v1/events", false, stream_all},
    route{"POST", "/v1/queue/pause", false, pause_queue},
    route{"POST", "/v1/queue/resume", false, resume_queue},
    route{"GET", "/v1/workers", false, document<&service::workers_json>},
    route{"GET", "/v1/models", false, document<&service::models_json>},
};

constexpr auto route_names = [] {
  std::array<route_name, table.size()> names;
  std::ranges::transform(table, names.begin(), [](const route& known) { return route_name{known.method, known.path}; });
  return names;
}();

std::string_view next_part(std::string_view& path) {
  const auto part = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(part.size() + 1, path.size()));
  return part;
}

/// Whether `path` is one that `form` stands for; its numbers go to `numbers`.
bool matches(std::string_view form, std::string_view path, std::array<std::int64_t, 2>& numbers) {
  if (form == "/")
    return path == "/";
  if (std::ranges::count(form, '/') != std::ranges::count(path, '/'))
    return false;
  std::size_t found = 0;
  while (!form.empty() || !path.empty()) {
    const auto wanted = next_part(form), part = next_part(path);
    if (wanted == "{name}")
      continue;
    if (!wanted.starts_with('{')) {
      if (wanted != part)
        return false;
      continue;
    }
    auto& number = numbers.at(found++);
    const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (part.empty() || status != std::errc{} || end != part.data() + part.size() || number < 0)
      return false;
  }
  return true;
}

std::string_view as_get(std::string_view method) {
  return method == "HEAD" ? std::string_view{"GET"} : method;
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

void add_security_headers(const http_request& request, http_response& response) {
  auto& headers = response.headers;
  headers.emplace_back("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; "
                                                  "form-action 'self'; frame-ancestors 'none'");
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("X-Frame-Options", "DENY");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  const bool has_caching =
      std::ranges::any_of(headers, [](const auto& header) { return header.first == "Cache-Control"; });
  if (!has_caching)
    headers.emplace_back("Cache-Control", "no-store");
  if (response.status == 401 && request.path != "/v1/session")
    headers.emplace_back("WWW-Authenticate", "Bearer");
}

} // namespace

http_response error_response(int status, std::string_view code, std::string_view message) {
  return json_response(json_line({{"error", {{"code", code}, {"message", message}}}}), status);
}

http_response error_response(const error& problem) {
  const auto status = [&] {
    switch (problem.code) {
    case errc::not_found:
      return 404;
    case errc::not_allowed:
      return 403;
    case errc::invalid_argument:
      return 400;
    case errc::exhausted:
      return 503;
    case errc::timeout:
      return 504;
    default:
      return 500;
    }
  }();
  return error_response(status, to_string(problem.code), problem.message);
}

http_response json_response(std::string text, int status) {
  return {.status = status, .type = "application/json", .body = std::move(text)};
}

http_response empty_response(int status) {
  return {.status = status};
}

tl::expected<std::string, http_response> json_body(route_call& call) {
  constexpr std::int64_t most = 64 * 1024;
  const auto type = call.request.header("content-type");
  if (type.substr(0, type.find(';')) != "application/json")
    return tl::unexpected{error_response(415, "unsupported_type", "the body must be application/json")};
  const auto declared = call.body.bytes();
  if (!declared)
    return tl::unexpected{error_response(411, "length_required", "the body needs a Content-Length")};
  if (*declared > most)
    return tl::unexpected{
        error_response(413, "too_large", fmt::format("the body has {} bytes; {} are taken", *declared, most))};
  std::string text(static_cast<std::size_t>(*declared), '\0');
  const auto until = std::chrono::steady_clock::now() + call.options().slow_client; // for all of it, as for a head
  for (std::size_t got = 0; got < text.size();) {
    const auto more = call.body.read(std::span{text}.subspan(got));
    if (!more || *more == 0)
      return tl::unexpected{error_response(400, "incomplete", "the body ended before its Content-Length")};
    if (std::chrono::steady_clock::now() > until)
      return tl::unexpected{error_response(408, "timeout", "the body did not come in time")};
    got += *more;
  }
  return text;
}

std::string session_cookie(int port) {
  return fmt::format("timeloom_session_{}", port);
}

routes::routes(http_options options, int port, std::string token, service& does)
    : options_(std::move(options)),
      names_{options_.address, port, !options_.tls_certificate.empty(), options_.allowed_hosts},
      token_(std::move(token)),
      service_(does),
      sessions_(std::chrono::hours{24 * 30}, 64),
      wrong_tokens_(20),
      turns_(options_.threads),
      streams_(options_.max_streams),
      uploads_(4) {
  options_.port = port;
}

std::span<const route_name> routes::names() {
  return route_names;
}

http_response routes::answer(const http_request& request, request_body& body) {
  auto response = guarded_answer(request, body);
  add_security_headers(request, response);
  return response;
}

http_response routes::guarded_answer(const http_request& request, request_body& body) {
  if (!names_server(request.header("host"), names_))
    return error_response(421, "misdirected",
                          "this is not a server of that name; add it to the allowed hosts of the configuration");

  route_call call{*this, request, body};
  const route* found = nullptr;
  std::string allowed;
  for (const auto& known : table) {
    if (!matches(known.path, request.path, call.numbers))
      continue;
    if (known.method == as_get(request.method))
      found = &known;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", known.method == "GET" ? "GET, HEAD" : known.method);
  }
  if (allowed.empty())
    return error_response(404, "not_found", "there is nothing at this path; docs/openapi.json lists what there is");
  if (found == nullptr) {
    auto response = error_response(405, "method_not_allowed", fmt::format("this path takes {}", allowed));
    response.headers.emplace_back("Allow", allowed);
    return response;
  }
  if (auto refusal = refusal_of(request, found->open))
    return std::move(*refusal);
  return found->answer(call);
}

std::optional<http_response> routes::refusal_of(const http_request& request, bool open) {
  const bool page = open && is_safe(request.method); // a link from anywhere may lead to the page
  if (!page && from_other_site(request))
    return error_response(403, "other_site", "this request comes from a page of another site");
  if (open)
    return std::nullopt;

  if (const auto given = request.header("authorization"); !given.empty()) {
    constexpr std::string_view scheme = "Bearer ";
    if (given.starts_with(scheme) && same_secret(given.substr(scheme.size()), token_))
      return std::nullopt;
    if (wrong_tokens_.add(wrong_token_count::clock::now())) {
      auto response = error_response(429, "too_many_wrong_tokens", "too many wrong tokens; wait a minute");
      response.headers.emplace_back("Retry-After", "60");
      return response;
    }
    return error_response(401, "unauthorized", "the token is wrong");
  }
  const auto cookie = cookie_value(request.header("cookie"), session_cookie(options_.port));
  if (cookie.empty() || !sessions_.good(cookie, session_store::clock::now()))
    return error_response(401, "unauthorized",
                          "this needs the token: \"Authorization: Bearer TOKEN\", or a session of POST /v1/session");
  if (!is_safe(request.method) && !from_own_page(request))
    return error_response(403, "other_site",
                          "a session's cookie alone may not change anything: the headers Origin and "
                          "Sec-Fetch-Site do not say that the daemon's own page asks");
  return std::nullopt;
}

} // namespace timeloom
