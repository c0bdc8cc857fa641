/// Where a request comes from, as far as its headers tell: what keeps pages of other sites away from a daemon on
/// loopback, also those that give its address a name of their own (DNS rebinding). Plain functions; any thread.
#pragma once

#include "serving/http_message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// The names of a server.
struct server_names {
  std::string address; ///< that it listens on
  int port = 0;
  bool tls = false;
  std::vector<std::string> allowed; ///< with any port ("timeloom.example"), or with one ("timeloom.example:443")
};

/// Whether the value of a Host header names this server: "localhost", a loopback address or the one it listens on with
/// its port, or one of the allowed names.
bool names_server(std::string_view host, const server_names& server);

/// Whether a page could have sent this that is not the server's own. Requests without the headers that browsers add
/// come from no page.
bool from_other_site(const http_request& request);

/// Whether the headers say that the server's own page sent it, which a cookie alone does not tell.
bool from_own_page(const http_request& request);

/// The value of a cookie in a Cookie header; empty when it is not there.
std::string_view cookie_value(std::string_view header, std::string_view name);

} // namespace timeloom
