#include "media/record_channel.hpp"

#include "tests/catch.hpp"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>

namespace timeloom {

namespace {

std::pair<record_channel, record_channel> ends() {
  auto pair = record_channel::create_pair();
  REQUIRE(pair);
  return std::move(*pair);
}

std::vector<std::uint8_t> record_of(std::size_t bytes) {
  std::vector<std::uint8_t> record(bytes);
  std::iota(record.begin(), record.end(), static_cast<std::uint8_t>(bytes));
  return record;
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

/// Sends what `record_channel::send` would refuse to.
ssize_t send_raw(int socket, std::size_t bytes, const std::vector<int>& descriptors) {
  std::vector<std::uint8_t> data(std::max<std::size_t>(bytes, 1));
  iovec part{data.data(), bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const auto length = descriptors.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(length));
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(length);
    std::memcpy(CMSG_DATA(header), descriptors.data(), length);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

bool same_file(int a, int b) {
  struct stat first {
  }, second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

} // namespace

TEST_CASE("records keep their boundaries, their order and their bytes") {
  auto [near, far] = ends();
  const std::vector<std::size_t> sizes{1, 7, 4096, 1, 65537, max_record_bytes};
  std::thread sender{[&channel = near, &sizes] {
    for (const auto size : sizes)
      if (!channel.send(record_of(size)))
        std::abort();
  }};
  for (const auto size : sizes) {
    const auto record = far.receive();
    REQUIRE(record);
    REQUIRE(*record);
    CHECK((*record)->bytes == record_of(size));
    CHECK((*record)->descriptors.empty());
  }
  sender.join();
}

TEST_CASE("a record that does not fit is not sent") {
  auto [near, far] = ends();
  CHECK_FALSE(near.send(record_of(max_record_bytes + 1)));
  CHECK_FALSE(near.send({}));
  const std::vector<int> many(max_record_descriptors + 1, 0);
  CHECK_FALSE(near.send(record_of(1), many));
}

TEST_CASE("a record over the limit breaks the protocol") {
  auto [near, far] = ends();
  REQUIRE(send_raw(near.descriptor(), max_record_bytes + 1, {}) > 0);
  const auto record = far.receive();
  REQUIRE_FALSE(record);
  CHECK(record.error().code == errc::protocol);
}

TEST_CASE("descriptors come with their record, and close with it") {
  auto [near, far] = ends();
  const unique_fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const unique_fd other{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  const auto before = open_descriptors();
  REQUIRE(near.send(record_of(3)));
  REQUIRE(near.send(record_of(5), std::array{file.get(), other.get()}));
  CHECK((*far.receive())->descriptors.empty());
  {
    const auto record = far.receive();
    REQUIRE((*record)->descriptors.size() == 2);
    CHECK(same_file((*record)->descriptors[0].get(), file.get()));
    CHECK(same_file((*record)->descriptors[1].get(), other.get()));
    CHECK((::fcntl((*record)->descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(open_descriptors() == before + 2);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("descriptors of a record that is refused are closed") {
  auto [near, far] = ends();
  const unique_fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto before = open_descriptors();
  REQUIRE(send_raw(near.descriptor(), 10, std::vector<int>(max_record_descriptors + 1, file.get())) == 10);
  REQUIRE(send_raw(near.descriptor(), max_record_bytes + 1, {file.get()}) > 0);
  for (int i = 0; i < 2; ++i) {
    const auto record = far.receive();
    REQUIRE_FALSE(record);
    CHECK(record.error().code == errc::protocol);
    CHECK(open_descriptors() == before);
  }
}

TEST_CASE("an empty record ends the exchange and leaks none of its descriptors") {
  auto [near, far] = ends();
  const unique_fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const auto before = open_descriptors();
  REQUIRE(send_raw(near.descriptor(), 0, {file.get()}) == 0);
  const auto record = far.receive();
  REQUIRE(record);
  CHECK_FALSE(*record);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a peer that closed its end is the end when reading, and a lost worker when writing") {
  auto [near, far] = ends();
  REQUIRE(near.send(record_of(2)));
  near = record_channel{};
  CHECK((*far.receive())->bytes.size() == 2);
  const auto end = far.receive();
  REQUIRE(end);
  CHECK_FALSE(*end);
  const auto sent = far.send(record_of(2));
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == errc::worker_lost);
}

TEST_CASE("giving up on a peer that does not read takes no time and loses no record") {
  auto [near, far] = ends();
  int taken = 0;
  for (;; ++taken) {
    const auto sent = near.send(record_of(max_record_bytes), {}, record_channel::when_full::give_up);
    if (!sent) {
      CHECK(sent.error().code == errc::timeout);
      break;
    }
    REQUIRE(taken < 1000);
  }
  CHECK(taken >= 1);
  for (int i = 0; i < taken; ++i)
    CHECK((*far.receive())->bytes.size() == max_record_bytes);
  CHECK(near.send(record_of(1), {}, record_channel::when_full::give_up));
}

TEST_CASE("shutting down wakes a thread that waits for a record") {
  auto [near, far] = ends();
  bool ended = false;
  std::thread reader{[&channel = far, &ended] {
    const auto record = channel.receive();
    ended = record && !*record;
  }};
  far.shut_down();
  reader.join();
  CHECK(ended);
}

} // namespace timeloom
