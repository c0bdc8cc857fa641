#include "tests/serving/raw_client.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace timeloom::tests {

raw_client::raw_client(int port, int receive_buffer) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0)
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

bool raw_client::send(std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool raw_client::receive_more(std::chrono::milliseconds patience) {
  pollfd entry{socket_.get(), POLLIN, 0};
  if (::poll(&entry, 1, static_cast<int>(patience.count())) <= 0)
    return false;
  std::array<char, 65536> piece{};
  const auto got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
  if (got <= 0)
    return false;
  received_.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

raw_answer raw_client::answer(bool head) {
  constexpr std::chrono::seconds patience{15};
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!receive_more(patience))
      return {};
  raw_answer found;
  found.status = std::stoi(received_.substr(9, 3));
  for (auto from = received_.find("\r\n") + 2; from < end + 2;) {
    const auto line = received_.substr(from, received_.find("\r\n", from) - from);
    auto name = line.substr(0, line.find(':'));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    found.headers[name] = line.substr(line.find(':') + 2);
    from += line.size() + 2;
  }
  received_.erase(0, end + 4);
  const auto length = found.headers.find("content-length");
  if (head || length == found.headers.end())
    return found;
  const auto bytes = std::stoul(length->second);
  while (received_.size() < bytes && receive_more(patience)) {
  }
  found.body = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return found;
}

std::string raw_client::receive(std::chrono::milliseconds patience, std::size_t most) {
  while (received_.size() < most && receive_more(patience)) {
  }
  return std::exchange(received_, {});
}

bool raw_client::hears(std::string_view text) {
  while (received_.find(text) == std::string::npos)
    if (!receive_more(std::chrono::seconds{5}))
      return false;
  return true;
}

bool raw_client::ends(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{socket_.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0)
      return false;
    std::array<char, 65536> piece{};
    if (::recv(socket_.get(), piece.data(), piece.size(), 0) <= 0)
      return true;
  }
}

} // namespace timeloom::tests
