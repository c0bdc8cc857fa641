#include "media/record_channel.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace timeloom {

namespace {

constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(int) * max_record_descriptors);

} // namespace

expected<std::pair<record_channel, record_channel>> record_channel::create_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(errc::io, "no socket pair for a worker: {}", errno_text(errno));
  std::pair<record_channel, record_channel> pair{record_channel{unique_fd{ends[0]}},
                                                 record_channel{unique_fd{ends[1]}}};
  const int buffer = 2 * static_cast<int>(max_record_bytes);
  for (const int end : ends)
    if (::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) != 0)
      return fail(errc::io, "no socket buffer of {} bytes: {}", buffer, errno_text(errno));
  return pair;
}

expected<void> record_channel::send(std::span<const std::uint8_t> bytes, std::span<const int> descriptors,
                                    when_full policy) {
  if (bytes.empty() || bytes.size() > max_record_bytes || descriptors.size() > max_record_descriptors)
    return fail(errc::internal, "a record of {} bytes and {} descriptors does not fit", bytes.size(),
                descriptors.size());
  iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[control_bytes] = {};
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  const int flags = MSG_NOSIGNAL | (policy == when_full::give_up ? MSG_DONTWAIT : 0);
  for (;;) {
    if (::sendmsg(socket_.get(), &message, flags) >= 0)
      return {};
    if (errno == EINTR)
      continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      return fail(errc::timeout, "the other process does not read its records");
    return fail(errno == EPIPE || errno == ECONNRESET ? errc::worker_lost : errc::io, "a record could not be sent: {}",
                errno_text(errno));
  }
}

expected<std::optional<received_record>> record_channel::receive() {
  received_record record;
  record.bytes.resize(max_record_bytes);
  iovec part{record.bytes.data(), record.bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[control_bytes];
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t count;
  do
    count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count < 0 && errno != ECONNRESET)
    return fail(errc::io, "a record could not be received: {}", errno_text(errno));
  if (count < 0)
    return std::nullopt;
  // Descriptors are taken over first, so that they are closed on every way out.
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
        record.descriptors.emplace_back(fd);
      }
  if ((message.msg_flags & MSG_TRUNC) != 0)
    return fail(errc::protocol, "a record is larger than {} bytes", max_record_bytes);
  if ((message.msg_flags & MSG_CTRUNC) != 0)
    return fail(errc::protocol, "a record brings more than {} descriptors", max_record_descriptors);
  if (count == 0) // the end; or an empty record, which nobody sends who is not broken
    return std::nullopt;
  record.bytes.resize(static_cast<std::size_t>(count));
  return record;
}

void record_channel::shut_down() {
  if (socket_)
    ::shutdown(socket_.get(), SHUT_RDWR);
}

} // namespace timeloom
