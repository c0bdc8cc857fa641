#include "serving/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

namespace timeloom {

namespace {

std::string tls_error() {
  const auto number = ERR_get_error();
  const char* text = number == 0 ? nullptr : ERR_reason_error_string(number);
  ERR_clear_error();
  return text == nullptr ? "the file cannot be used" : text;
}

} // namespace

expected<tls_identity> tls_identity::load(const std::string& certificate, const std::string& key) {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
    return fail(errc::internal, "cannot start TLS: {}", tls_error());
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return fail(errc::invalid_config, "cannot use the TLS certificate {}: {}", certificate, tls_error());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(errc::invalid_config, "cannot use the TLS key {}: {}", key, tls_error());
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return tls_identity{std::move(context)};
}

connection::connection(int socket, std::chrono::milliseconds patience, const tls_identity* tls)
    : socket_(socket), patience_(patience), tls_(tls == nullptr ? nullptr : SSL_new(tls->context()), SSL_free) {
  if (tls_)
    SSL_set_fd(tls_.get(), socket_);
}

connection::~connection() = default;

bool connection::wait(direction wanted, clock::time_point until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    pollfd entry{socket_, static_cast<short>(wanted == direction::in ? POLLIN : POLLOUT), 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<decltype(left)>(left, 0, 600'000)));
    if (ready > 0)
      return true;
    if (ready == 0 || errno != EINTR)
      return false;
  }
}

bool connection::handshake() {
  if (!tls_)
    return true;
  const auto until = clock::now() + patience_;
  for (;;) {
    ERR_clear_error();
    const int status = SSL_accept(tls_.get());
    if (status == 1)
      return true;
    const int reason = SSL_get_error(tls_.get(), status);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
      return false;
    if (!wait(reason == SSL_ERROR_WANT_READ ? direction::in : direction::out, until))
      return false;
  }
}

ssize_t connection::read_some(char* into, std::size_t room, clock::time_point until) {
  for (;;) {
    auto blocked = direction::in;
    if (tls_) {
      ERR_clear_error();
      const int got = SSL_read(tls_.get(), into, static_cast<int>(std::min<std::size_t>(room, 1U << 20U)));
      if (got > 0)
        return got;
      const int reason = SSL_get_error(tls_.get(), got);
      if (reason == SSL_ERROR_ZERO_RETURN)
        return 0;
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
        return -1;
      blocked = reason == SSL_ERROR_WANT_READ ? direction::in : direction::out;
    } else {
      const auto got = ::recv(socket_, into, room, 0);
      if (got >= 0)
        return got;
      if (errno == EINTR)
        continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK)
        return -1;
    }
    if (!wait(blocked, until))
      return -1;
  }
}

connection::head_status connection::read_head(std::chrono::milliseconds idle) {
  buffer_.erase(0, head_bytes_);
  head_bytes_ = 0;
  auto until = clock::now() + (buffer_.empty() ? idle : patience_);
  std::size_t searched = 0;
  for (;;) {
    // A line that is empty but for its end: exactly where the parser stops too.
    if (const auto end = buffer_.find("\n\r\n", searched); end != std::string::npos) {
      head_bytes_ = end + 3;
      return head_bytes_ > longest_head ? head_status::too_long : head_status::whole;
    }
    if (buffer_.size() > longest_head)
      return head_status::too_long;
    searched = buffer_.size() < 2 ? 0 : buffer_.size() - 2;
    std::array<char, 4096> piece{};
    const auto got = read_some(piece.data(), piece.size(), until);
    if (got <= 0)
      return got < 0 && !buffer_.empty() ? head_status::too_slow : head_status::closed;
    if (buffer_.empty())
      until = clock::now() + patience_;
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

ssize_t connection::read(char* into, std::size_t room) {
  if (buffer_.size() > head_bytes_) {
    const auto taken = std::min(room, buffer_.size() - head_bytes_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(head_bytes_), taken, into);
    buffer_.erase(head_bytes_, taken);
    return static_cast<ssize_t>(taken);
  }
  return read_some(into, room, clock::now() + patience_);
}

bool connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto blocked = direction::out;
    if (tls_) {
      ERR_clear_error();
      const int sent =
          SSL_write(tls_.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 20U)));
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      const int reason = SSL_get_error(tls_.get(), sent);
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
        return false;
      blocked = reason == SSL_ERROR_WANT_READ ? direction::in : direction::out;
    } else {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR)
        continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    }
    if (!wait(blocked, clock::now() + patience_))
      return false;
  }
  return true;
}

bool connection::gone() const {
  pollfd entry{socket_, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void connection::finish(bool still_sending) {
  if (tls_)
    SSL_shutdown(tls_.get());
  ::shutdown(socket_, SHUT_WR);
  if (!still_sending)
    return;
  const auto until = clock::now() + std::chrono::milliseconds{500};
  std::array<char, 16 * 1024> ignored{};
  for (int pieces = 0; pieces < 64 && wait(direction::in, until); ++pieces)
    if (::recv(socket_, ignored.data(), ignored.size(), 0) <= 0)
      return;
}

} // namespace timeloom
