#include "serving/request_origin.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <optional>

namespace timeloom {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// "name:port", "[address]:port", or either without the port, which then is the scheme's.
struct host_and_port {
  std::string_view name;
  std::optional<int> port;
};

std::optional<host_and_port> parse(std::string_view host) {
  host_and_port parsed;
  const auto end = host.starts_with('[') ? host.find(']') : host.find(':');
  if (host.starts_with('[')) {
    if (end == std::string_view::npos)
      return std::nullopt;
    parsed.name = host.substr(1, end - 1);
    host.remove_prefix(end + 1);
  } else {
    parsed.name = host.substr(0, end);
    host.remove_prefix(parsed.name.size());
  }
  if (parsed.name.empty())
    return std::nullopt;
  if (host.empty())
    return parsed;
  int port = 0;
  const auto [last, status] = std::from_chars(host.data() + 1, host.data() + host.size(), port);
  if (host.front() != ':' || status != std::errc{} || last != host.data() + host.size() || port < 1 || port > 65535)
    return std::nullopt;
  parsed.port = port;
  return parsed;
}

bool is_loopback(std::string_view name) {
  const std::string text{name};
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1)
    return (ntohl(four.s_addr) >> 24U) == 127;
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) == 1)
    return IN6_IS_ADDR_LOOPBACK(&six);
  return same_name(name, "localhost");
}

} // namespace

bool names_server(std::string_view host, const server_names& server) {
  const auto asked = parse(host);
  if (!asked)
    return false;
  if (std::ranges::any_of(server.allowed, [&](const std::string& name) {
        return same_name(host, name) || same_name(asked->name, name);
      }))
    return true;
  return asked->port.value_or(server.tls ? 443 : 80) == server.port &&
         (is_loopback(asked->name) || same_name(asked->name, server.address));
}

bool from_other_site(const http_request& request) {
  const auto site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") // "same-site" is another port of this machine
    return true;
  const auto origin = request.header("origin");
  if (origin.empty())
    return false;
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos || !same_name(origin.substr(scheme + 3), request.header("host"));
}

bool from_own_page(const http_request& request) {
  return !from_other_site(request) &&
         (!request.header("origin").empty() || request.header("sec-fetch-site") == "same-origin");
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(pair.size() + 1, header.size()));
    const auto start = std::min(pair.find_first_not_of(' '), pair.size());
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && equals >= start && pair.substr(start, equals - start) == name)
      return pair.substr(equals + 1);
  }
  return {};
}

} // namespace timeloom
