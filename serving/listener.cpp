#include "serving/listener.hpp"

#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>

namespace timeloom {

namespace {

constexpr int backlog = 511;
constexpr int send_buffer_bytes = 256 * 1024; // the kernel would give each slow reader of a video 4 MB

expected<unique_fd> bound_socket(const addrinfo& to) {
  unique_fd socket{::socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to.ai_protocol)};
  const int yes = 1;
  // SO_REUSEADDR only: with SO_REUSEPORT a second daemon would take half of the requests without a word.
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(socket.get(), to.ai_addr, to.ai_addrlen) != 0 || ::listen(socket.get(), backlog) != 0)
    return fail(errc::io, "{}", errno_text(errno));
  return socket;
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

} // namespace

expected<std::unique_ptr<listener>> listener::open(const std::string& address, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int status = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found); status != 0)
    return fail(errc::invalid_config, "cannot listen on {}: {}", address, ::gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, &::freeaddrinfo};
  auto socket = bound_socket(*addresses);
  if (!socket)
    return fail(errc::io, "cannot listen on {} port {}: {}", address, port, socket.error().message);
  const int bound = port_of(socket->get());
  return std::unique_ptr<listener>{new listener{std::move(*socket), bound}};
}

void listener::run(std::function<void(int)> serve, std::string full_answer) {
  serve_ = std::move(serve);
  full_answer_ = std::move(full_answer);
  taking_ = std::thread{[this] { take_connections(); }};
}

void listener::take_connections() {
  for (;;) {
    pollfd entry{socket_.get(), POLLIN, 0};
    ::poll(&entry, 1, -1);
    {
      const std::lock_guard lock{mutex_};
      if (stopping_)
        return;
    }
    unique_fd taken{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (taken)
      start(std::move(taken));
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      std::this_thread::sleep_for(std::chrono::milliseconds{20}); // until others have ended
  }
}

void listener::start(unique_fd taken) {
  const int yes = 1;
  ::setsockopt(taken.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(taken.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  const int socket = taken.get();
  {
    const std::lock_guard lock{mutex_};
    if (open_.size() >= most_connections) {
      ::send(socket, full_answer_.data(), full_answer_.size(), MSG_NOSIGNAL);
      return;
    }
    open_.insert(socket);
  }
  try {
    std::thread{[this, own = std::move(taken)]() mutable {
      serve_(own.get());
      const std::lock_guard lock{mutex_};
      open_.erase(own.get());
      own.reset(); // not outside of the lock: its number could name the next connection in `open_` already
      ended_.notify_all();
    }}.detach();
  } catch (const std::system_error&) { // no more threads; the connection is closed
    const std::lock_guard lock{mutex_};
    open_.erase(socket);
  }
}

bool listener::crowded() const {
  const std::lock_guard lock{mutex_};
  return open_.size() > most_connections / 2;
}

void listener::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  stopping_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR); // wakes the thread that takes connections
  lock.unlock();
  if (taking_.joinable())
    taking_.join();
  lock.lock();
  for (const int socket : open_)
    ::shutdown(socket, SHUT_RD);
  if (ended_.wait_for(lock, patience, [&] { return open_.empty(); }))
    return;
  for (const int socket : open_)
    ::shutdown(socket, SHUT_RDWR);
  ended_.wait(lock, [&] { return open_.empty(); });
}

} // namespace timeloom
