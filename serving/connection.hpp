/// One connection of a client: bytes in and out, none of which is waited for without end.
#pragma once

#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace timeloom {

/// The server's certificate and key. Shared by all connections; any thread.
class tls_identity {
public:
  /// From PEM files; TLS 1.2 and newer.
  static expected<tls_identity> load(const std::string& certificate, const std::string& key);

  ssl_ctx_st* context() const { return context_.get(); }

private:
  explicit tls_identity(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

/// One owner, one thread.
class connection {
public:
  using clock = std::chrono::steady_clock;

  static constexpr std::size_t longest_head = 16 * 1024;

  /// `socket` must be non-blocking and stay open; `patience` is how long a client may take for the next byte either
  /// way. `tls` of null: none; it must live longer.
  connection(int socket, std::chrono::milliseconds patience, const tls_identity* tls);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// Before anything else; false when the client speaks no TLS, or not in time.
  bool handshake();

  enum class head_status { whole, closed, too_long, too_slow };
  /// Reads up to the empty line that ends a request's head. Its first byte may take `idle`, all of it `patience`.
  head_status read_head(std::chrono::milliseconds idle);
  /// With the empty line.
  std::string_view head() const { return std::string_view{buffer_}.substr(0, head_bytes_); }

  /// Bytes that follow the head: how many, 0 at the end, -1 when it took too long or the connection broke.
  ssize_t read(char* into, std::size_t room);
  bool write(std::string_view bytes);

  /// Whether the client has ended the connection, or half of it.
  bool gone() const;

  /// Tells the client that nothing more comes and, where it may be sending still, hears it out for a moment: an answer
  /// that it has not read yet would be lost otherwise.
  void finish(bool still_sending);

private:
  enum class direction { in, out };
  bool wait(direction wanted, clock::time_point until) const;
  ssize_t read_some(char* into, std::size_t room, clock::time_point until);

  int socket_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
  std::string buffer_; // a head and what came with it
  std::size_t head_bytes_ = 0;
};

} // namespace timeloom
