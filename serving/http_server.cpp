// The one place that serves with cpp-httplib, of which it takes the parsing of a request's head and the writing of its
// answer. Sockets, heads and bodies are read by `connection`, within limits that version 0.11 does not have: it
// swallows a body of any size before it refuses it, waits for ever for a line that does not end, and knows only a few
// threads.

#include "serving/http_server.hpp"

#include "serving/access.hpp"
#include "serving/connection.hpp"
#include "serving/event_stream.hpp"
#include "serving/listener.hpp"
#include "serving/routes.hpp"

#include <atomic>
#include <charconv>
#include <httplib.h>

namespace timeloom {

namespace {

constexpr int requests_a_connection = 1000;
constexpr std::chrono::seconds idle_connection{5};
constexpr std::chrono::milliseconds stream_patience{250}; // how soon a stream sees that it shall end
constexpr std::chrono::milliseconds stop_patience{2000};
constexpr std::size_t piece_bytes = 64 * 1024;

/// The head of one request for the parser, and the way back for its answer.
class head_stream final : public httplib::Stream {
public:
  head_stream(connection& client, std::string_view head) : client_(client), head_(head) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t room) override {
    const auto taken = head_.substr(0, room);
    std::copy(taken.begin(), taken.end(), into);
    head_.remove_prefix(taken.size());
    return static_cast<ssize_t>(taken.size());
  }
  ssize_t write(const char* bytes, std::size_t count) override {
    return client_.write({bytes, count}) ? static_cast<ssize_t>(count) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  bool was_read() const { return head_.empty(); }

private:
  connection& client_;
  std::string_view head_;
};

class client_body final : public request_body {
public:
  client_body(connection& client, std::optional<std::int64_t> bytes, bool continue_first)
      : client_(client), bytes_(bytes), left_(bytes.value_or(0)), continue_first_(continue_first) {}

  std::optional<std::int64_t> bytes() const override { return bytes_; }
  expected<std::size_t> read(std::span<char> into) override {
    if (left_ == 0 || into.empty())
      return 0;
    if (std::exchange(continue_first_, false) && !client_.write("HTTP/1.1 100 Continue\r\n\r\n"))
      return fail(errc::io, "the client ended the connection");
    const auto got =
        client_.read(into.data(), static_cast<std::size_t>(std::min<std::int64_t>(left_, std::ssize(into))));
    if (got < 0)
      return fail(errc::timeout, "the client did not send its request in time");
    left_ -= got;
    return static_cast<std::size_t>(got);
  }

  bool was_read() const { return left_ == 0; }

private:
  connection& client_;
  std::optional<std::int64_t> bytes_;
  std::int64_t left_;
  bool continue_first_; // the client waits to be told that it may send
};

/// What HTTP leaves no choice about, before anything is looked at: the answer, or nothing.
std::optional<http_response> malformed(const httplib::Request& head, std::optional<std::int64_t>& body_bytes) {
  for (const auto* name : {"Host", "Content-Length", "Content-Type", "Authorization", "Origin"})
    if (head.get_header_value_count(name) > 1)
      return error_response(400, "malformed", fmt::format("the request has more than one header {}", name));
  if (!head.has_header("Host"))
    return error_response(400, "malformed", "the request has no header Host");
  if (head.has_header("Transfer-Encoding"))
    return error_response(411, "length_required", "a body is taken with a Content-Length only, not in chunks");
  if (head.has_header("Content-Encoding"))
    return error_response(415, "unsupported_type", "a body is taken as it is only, without Content-Encoding");
  if (!head.has_header("Content-Length"))
    return std::nullopt;
  const auto length = head.get_header_value("Content-Length");
  std::int64_t bytes = 0;
  const auto [end, status] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (status != std::errc{} || end != length.data() + length.size() || bytes < 0)
    return error_response(400, "malformed", "the Content-Length is no number of bytes");
  body_bytes = bytes;
  return std::nullopt;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return text;
}

constexpr std::string_view range_name = "range", hidden_range_name = "hidden-range";

/// The head with another name for its Range, which the parser would match with a regular expression that recurses with
/// every character, and of which it would refuse what is to be ignored.
std::string with_range_hidden(std::string head) {
  const auto names = lower(head);
  const auto line = fmt::format("\n{}:", range_name);
  for (auto at = names.rfind(line); at != std::string::npos;
       at = at == 0 ? std::string::npos : names.rfind(line, at - 1))
    head.replace(at + 1, range_name.size(), hidden_range_name);
  return head;
}

http_request plain(const httplib::Request& head) {
  http_request request{.method = head.method, .path = head.path, .query = head.params};
  for (const auto& [name, value] : head.headers) {
    auto plain_name = lower(name);
    request.headers.emplace(plain_name == hidden_range_name ? std::string{range_name} : std::move(plain_name), value);
  }
  return request;
}

/// Answers the requests of one connection, one after the other.
class parser final : public httplib::Server {
public:
  parser(connection& client, routes& to, const std::atomic<bool>& stopping)
      : client_(client), routes_(to), stopping_(stopping) {
    svr_sock_ = 0; // "not shutting down"
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      answer(response);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) { // those that it finds itself
      if (response.body.empty() && !response.content_provider_)
        fill(error_response(response.status, "malformed",
                            "this is no well-formed HTTP request, or has a header beyond 8 KiB"),
             response);
    });
  }

  /// Answers the request whose head was read. False when it must be the connection's last.
  bool answer_one(bool last) {
    request_ = nullptr;
    body_.reset();
    const auto head = with_range_hidden(std::string{client_.head()});
    head_stream stream{client_, head};
    bool closed = false;
    const bool answered = run(*this, stream, last, closed, [this](httplib::Request& request) {
      request_ = &request;
      waits_ = request.get_header_value("Expect") == "100-continue";
      request.headers.erase("Expect");
      request.headers.erase("Accept-Encoding"); // videos are compressed already, and the rest stays on this machine
    });
    return answered && !closed && !last && stream.was_read() && body_ && body_->was_read();
  }

  bool body_was_read() const { return body_ && body_->was_read(); }

private:
  /// Newer versions want to be told the addresses, which nobody here asks for.
  template <class Self>
  static bool run(Self& self, httplib::Stream& stream, bool last, bool& closed,
                  const std::function<void(httplib::Request&)>& setup) {
    if constexpr (requires { self.process_request(stream, last, closed, setup); })
      return self.process_request(stream, last, closed, setup);
    else
      return self.process_request(stream, "", 0, "", 0, last, closed, setup);
  }

  void answer(httplib::Response& response) {
    std::optional<std::int64_t> bytes;
    auto made = malformed(*request_, bytes);
    body_.emplace(client_, made ? std::optional<std::int64_t>{1} : bytes, waits_);
    if (!made)
      made = answer_of_routes();
    if (!body_->was_read()) { // what comes next is not a request
      request_->headers.erase("Connection");
      request_->set_header("Connection", "close");
    }
    send(std::move(*made), response);
  }

  http_response answer_of_routes() {
    try {
      return routes_.answer(plain(*request_), *body_);
    } catch (const std::exception& bug) { // such as no memory
      return error_response(500, to_string(errc::internal), bug.what());
    }
  }

  static void fill(const http_response& from, httplib::Response& to) {
    to.status = from.status;
    for (const auto& [name, value] : from.headers)
      to.set_header(name, value);
    if (!from.type.empty())
      to.set_header("Content-Type", from.type);
    if (const auto* text = std::get_if<std::string>(&from.body))
      to.body = *text;
  }

  void send(http_response from, httplib::Response& to) {
    fill(from, to);
    if (auto* file = std::get_if<file_part>(&from.body); file != nullptr && file->bytes > 0)
      send_file(std::make_shared<file_part>(std::move(*file)), from.type, to);
    else if (const auto* stream = std::get_if<std::shared_ptr<event_stream>>(&from.body))
      send_stream(*stream, to);
  }

  void send_file(const std::shared_ptr<file_part>& file, const std::string& type, httplib::Response& to) const {
    to.headers.erase("Content-Type"); // it is set again
    const auto bytes = static_cast<std::size_t>(file->bytes);
    auto buffer = std::make_shared<std::vector<char>>(std::min(piece_bytes, bytes));
    to.set_content_provider(bytes, type, [file, buffer](std::size_t offset, std::size_t left, httplib::DataSink& sink) {
      const auto got = ::pread(file->fd.get(), buffer->data(), std::min(buffer->size(), left),
                               file->offset + static_cast<off_t>(offset));
      return got > 0 && sink.write(buffer->data(), static_cast<std::size_t>(got));
    });
  }

  void send_stream(const std::shared_ptr<event_stream>& stream, httplib::Response& to) const {
    to.headers.erase("Content-Type");
    to.set_chunked_content_provider("text/event-stream", [this, stream](std::size_t, httplib::DataSink& sink) {
      if (client_.gone())
        return false;
      const auto text = stopping_ ? std::nullopt : stream->next(stream_patience);
      if (!text) {
        sink.done();
        return true;
      }
      return text->empty() || sink.write(text->data(), text->size());
    });
  }

  connection& client_;
  routes& routes_;
  const std::atomic<bool>& stopping_;
  httplib::Request* request_ = nullptr; // while it is answered
  bool waits_ = false;                  // the client, to be told that it may send the body
  std::optional<client_body> body_;
};

/// For clients whose request is not even looked at.
std::string bare_answer(int status, std::string_view reason, std::string_view code, std::string_view message) {
  const auto body = std::get<std::string>(error_response(status, code, message).body);
  return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCache-Control: "
                     "no-store\r\nConnection: close\r\n\r\n{}",
                     status, reason, body.size(), body);
}

std::string url_of(const std::string& address, int port, bool tls) {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", tls ? "https" : "http", is_ipv6 ? "[" + address + "]" : address, port);
}

} // namespace

class http_server::implementation {
public:
  implementation(const http_options& options, std::unique_ptr<listener> from, std::optional<tls_identity> tls,
                 std::string token, service& does)
      : url_(url_of(options.address, from->port(), tls.has_value())),
        patience_(options.slow_client),
        tls_(std::move(tls)),
        routes_(options, from->port(), std::move(token), does),
        listener_(std::move(from)) {
    listener_->run([this](int socket) { serve(socket); },
                   bare_answer(503, "Service Unavailable", "too_many_connections", "too many connections; try again"));
  }
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;
  ~implementation() {
    stopping_ = true;
    listener_->stop(stop_patience);
  }

  const std::string& url() const { return url_; }

private:
  void serve(int socket) {
    connection client{socket, patience_, tls_ ? &*tls_ : nullptr};
    if (!client.handshake())
      return;
    parser answers{client, routes_, stopping_};
    for (int served = 1;; ++served) {
      const auto head = client.read_head(std::min<std::chrono::milliseconds>(idle_connection, patience_));
      if (head == connection::head_status::closed || stopping_)
        return client.finish(false);
      if (head == connection::head_status::too_long)
        client.write(bare_answer(431, "Request Header Fields Too Large", "head_too_large",
                                 fmt::format("the head of a request has at most {} bytes", connection::longest_head)));
      if (head == connection::head_status::too_slow)
        client.write(bare_answer(408, "Request Timeout", "timeout", "the request did not come in time"));
      if (head != connection::head_status::whole)
        return client.finish(true);
      if (!answers.answer_one(served == requests_a_connection || listener_->crowded()))
        return client.finish(!answers.body_was_read());
    }
  }

  std::string url_;
  std::chrono::milliseconds patience_;
  std::optional<tls_identity> tls_;
  routes routes_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<listener> listener_;
};

expected<http_server> http_server::start(const http_options& options, service& does) {
  auto token = token_of_file(options.token_file);
  if (!token)
    return tl::unexpected{token.error()};
  std::optional<tls_identity> tls;
  if (!options.tls_certificate.empty()) {
    auto loaded = tls_identity::load(options.tls_certificate, options.tls_key);
    if (!loaded)
      return tl::unexpected{loaded.error()};
    tls = std::move(*loaded);
  }
  auto from = listener::open(options.address, options.port);
  if (!from)
    return tl::unexpected{from.error()};
  return http_server{
      std::make_unique<implementation>(options, std::move(*from), std::move(tls), std::move(*token), does)};
}

http_server::http_server(std::unique_ptr<implementation> running) : running_(std::move(running)) {}
http_server::http_server(http_server&&) noexcept = default;
http_server& http_server::operator=(http_server&&) noexcept = default;
http_server::~http_server() = default;

std::string http_server::url() const {
  return running_->url();
}

} // namespace timeloom
