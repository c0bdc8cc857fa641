/// Takes the connections to a TCP port, each to a thread of its own.
///
/// Threads instead of a pool of a few: a client that reads slowly then holds nothing but its own thread, and nobody
/// waits behind it. How many there are is limited; one too many is closed at once with an answer that says so.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace timeloom {

class listener {
public:
  static constexpr int most_connections = 512;

  /// Binds and listens; connections wait until `run`. Port 0 takes any free one.
  static expected<std::unique_ptr<listener>> open(const std::string& address, int port);
  /// `stop` must have been called if `run` was.
  ~listener() = default;

  int port() const { return port_; }

  /// Calls `serve` on a thread for each connection, from now on, and closes its socket afterwards. Sockets are
  /// non-blocking. `full_answer` is sent to those that are too many.
  void run(std::function<void(int)> serve, std::string full_answer);

  /// Whether connections are getting short, so that none should be held idle.
  bool crowded() const;

  /// Takes no more connections, tells those that there are that their clients send nothing more, and after
  /// `patience` that they are ended; returns when every `serve` has.
  void stop(std::chrono::milliseconds patience);

private:
  listener(unique_fd socket, int port) : socket_(std::move(socket)), port_(port) {}
  void take_connections();
  void start(unique_fd connection);

  unique_fd socket_;
  int port_;
  std::function<void(int)> serve_;
  std::string full_answer_;
  std::thread taking_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::set<int> open_; // sockets; those of connections that run
  bool stopping_ = false;
};

} // namespace timeloom
