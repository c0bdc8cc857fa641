// The one place that asks with cpp-httplib.

#include "serving/http_client.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

errc code_of(int status) {
  switch (status) {
  case 400:
  case 409:
    return errc::invalid_argument;
  case 401:
  case 403:
    return errc::not_allowed;
  case 404:
    return errc::not_found;
  case 413:
  case 429:
  case 503:
  case 507:
    return errc::exhausted;
  case 504:
    return errc::timeout;
  default:
    return errc::internal;
  }
}

tl::unexpected<error> refusal(int status, const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto message = json.is_object() ? json.value("/error/message"_json_pointer, std::string{}) : std::string{};
  return fail(code_of(status), "{}",
              message.empty() ? fmt::format("the daemon answered with status {}", status) : message);
}

} // namespace

class http_client::implementation {
public:
  explicit implementation(http_client_options options) : options_(std::move(options)), client_(options_.url) {
    client_.set_default_headers({{"Authorization", "Bearer " + options_.token}});
    client_.set_connection_timeout(std::chrono::seconds{5});
    client_.set_read_timeout(options_.timeout);
    client_.set_write_timeout(options_.timeout);
    client_.set_keep_alive(true);
    if (!options_.ca_certificate.empty())
      client_.set_ca_cert_path(options_.ca_certificate);
  }

  httplib::Client& client() { return client_; }
  const http_client_options& options() const { return options_; }

  expected<std::string> answer(const httplib::Result& got) const {
    if (!got)
      return unanswered(got.error());
    if (got->status >= 400)
      return refusal(got->status, got->body);
    return got->body;
  }

  tl::unexpected<error> unanswered(httplib::Error reason) const {
    if (reason == httplib::Error::Read)
      return fail(errc::timeout, "the daemon at {} ended the connection, or did not answer within {} s", options_.url,
                  options_.timeout.count());
    if (reason == httplib::Error::Connection)
      return fail(errc::io, "the daemon at {} cannot be reached", options_.url);
    return fail(errc::io, "the daemon at {} cannot be reached: {}", options_.url, httplib::to_string(reason));
  }

private:
  http_client_options options_;
  httplib::Client client_;
};

http_client::http_client(http_client_options options) : does_(std::make_unique<implementation>(std::move(options))) {}
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;
http_client::~http_client() = default;

const http_client_options& http_client::options() const {
  return does_->options();
}

expected<std::string> http_client::get(const std::string& path) {
  return does_->answer(does_->client().Get(path));
}

expected<std::string> http_client::post(const std::string& path, const std::string& json) {
  return does_->answer(does_->client().Post(path, json, "application/json"));
}

expected<std::string> http_client::del(const std::string& path) {
  return does_->answer(does_->client().Delete(path));
}

expected<void> http_client::listen(const std::string& path, const std::function<bool(const server_event&)>& heard,
                                   const std::function<bool()>& opened) {
  int status = 0;
  std::string refused;
  bool enough = false;
  event_reader events;
  const auto got = does_->client().Get(
      path,
      [&](const httplib::Response& head) {
        status = head.status;
        enough = status == 200 && !opened();
        return !enough;
      },
      [&](const char* bytes, std::size_t count) {
        if (status != 200) {
          refused.append(bytes, count);
          return true;
        }
        for (const auto& event : events.read({bytes, count}))
          enough = enough || !heard(event);
        return !enough;
      });
  if (status >= 400)
    return refusal(status, refused);
  if (!got && !enough)
    return does_->unanswered(got.error());
  return {};
}

} // namespace timeloom
