#include "serving/request_origin.hpp"

#include "tests/catch.hpp"

namespace timeloom {

namespace {

http_request with(std::map<std::string, std::string, std::less<>> headers) {
  headers.emplace("host", "127.0.0.1:8765");
  return {.method = "GET", .path = "/", .headers = std::move(headers)};
}

} // namespace

TEST_CASE("only names of loopback with the port, and allowed ones, name the server") {
  const server_names server{"127.0.0.1", 8765, false, {"timeloom.example", "other.example:444"}};
  for (const auto* host : {"127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765", "127.1.2.3:8765",
                           "timeloom.example", "timeloom.example:1234", "other.example:444"})
    CHECK(names_server(host, server));
  for (const auto* host :
       {"", ":8765", "127.0.0.1", "127.0.0.1:8766", "127.0.0.1:", "127.0.0.1:8765x", "localhost.evil.example:8765",
        "evil.example:8765", "evil.example", "[::1", "[::2]:8765", "0.0.0.0:8765", "127.0.0.1.evil.example:8765",
        "other.example", "other.example:445", "timeloom.example.evil.example", "127.0.0.1:99999", "8.8.8.8:8765"})
    CHECK_FALSE(names_server(host, server));
}

TEST_CASE("the address that it listens on names a server too, without the port where it is the scheme's") {
  CHECK(names_server("192.0.2.7:8765", {"192.0.2.7", 8765, false, {}}));
  CHECK_FALSE(names_server("192.0.2.8:8765", {"192.0.2.7", 8765, false, {}}));
  CHECK(names_server("localhost", {"127.0.0.1", 80, false, {}}));
  CHECK(names_server("localhost", {"127.0.0.1", 443, true, {}}));
  CHECK_FALSE(names_server("localhost", {"127.0.0.1", 443, false, {}}));
}

TEST_CASE("pages of other sites are told by what browsers add") {
  for (const auto* origin :
       {"http://evil.example", "http://127.0.0.1:9999", "null", "http://127.0.0.1:8765.evil.example"})
    CHECK(from_other_site(with({{"origin", origin}})));
  for (const auto* site : {"cross-site", "same-site", "anything"})
    CHECK(from_other_site(with({{"sec-fetch-site", site}})));
  CHECK_FALSE(from_other_site(with({})));
  CHECK_FALSE(from_other_site(with({{"origin", "http://127.0.0.1:8765"}})));
  CHECK_FALSE(from_other_site(with({{"sec-fetch-site", "none"}})));
  CHECK(from_other_site(with({{"origin", "http://127.0.0.1:8765"}, {"sec-fetch-site", "cross-site"}})));
}

TEST_CASE("the own page is known only by what browsers add") {
  CHECK_FALSE(from_own_page(with({})));
  CHECK_FALSE(from_own_page(with({{"sec-fetch-site", "none"}})));
  CHECK(from_own_page(with({{"sec-fetch-site", "same-origin"}})));
  CHECK(from_own_page(with({{"origin", "http://127.0.0.1:8765"}})));
  CHECK_FALSE(from_own_page(with({{"origin", "http://evil.example"}, {"sec-fetch-site", "same-origin"}})));
}

TEST_CASE("a cookie is found by its whole name") {
  CHECK(cookie_value("a=1; b=2;c=3", "b") == "2");
  CHECK(cookie_value("a=1; b=2;c=3", "c") == "3");
  CHECK(cookie_value("xb=1", "b").empty());
  CHECK(cookie_value("b", "b").empty());
  CHECK(cookie_value("", "b").empty());
  CHECK(cookie_value("; ;=;", "b").empty());
}

} // namespace timeloom
