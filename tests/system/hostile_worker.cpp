/// Plays a media worker that was taken over: `hostile_worker --worker MODE`, with the record channel as descriptor 3.
#include "actors/cbor.hpp"
#include "actors/media_records.hpp"
#include "media/record_channel.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

using namespace timeloom;

namespace {

constexpr int channel_fd = 3;

/// As the kernel takes it, whatever the size.
void send_raw(const std::vector<std::uint8_t>& bytes) {
  ::send(channel_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

[[noreturn]] void idle() {
  for (;;)
    ::pause();
}

void send_descriptors(const std::vector<std::uint8_t>& bytes, std::size_t count) {
  const std::vector<int> descriptors(count, ::open("/dev/null", O_RDONLY));
  iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  std::vector<char> control(CMSG_SPACE(sizeof(int) * count));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * count);
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * count);
  ::sendmsg(channel_fd, &message, MSG_NOSIGNAL);
}

} // namespace

int main(int, char** argv) {
  const std::string_view mode = argv[2];
  if (mode == "silent") // not even a greeting, and orders are never read
    idle();
  if (mode == "random") {
    std::mt19937 random{7};
    for (;;) {
      std::vector<std::uint8_t> noise(1 + random() % max_record_bytes);
      for (auto& byte : noise)
        byte = static_cast<std::uint8_t>(random());
      send_raw(noise);
    }
  }
  if (mode == "other_version") {
    send_raw(encode(media_report{media_hello{media_protocol_version + 1}}));
    idle();
  }
  if (mode == "no_greeting") {
    send_raw(encode(media_report{media_progress{1, 1, media_time{0}, media_time{0}}}));
    idle();
  }

  record_channel channel{unique_fd{channel_fd}};
  send_raw(encode(media_report{media_hello{media_protocol_version}}));
  const auto record = channel.receive();
  if (!record || !*record)
    return 1;
  const auto command = decode_command((*record)->bytes);
  if (!command)
    return 1;
  if (mode == "exit")
    return 7;
  if (mode == "crash")
    std::abort();
  const auto& order = std::get<media_order>(*command);
  const auto send = [&](media_report report) { send_raw(encode(report)); };
  media_frame frame{order.job, 0, {0, media_time{0}}, {16, 16}, sample_format::gray8, {0}};
  media_progress progress{order.job, 1, media_time{0}, media_time{0}};

  if (mode == "greets_twice") {
    send(media_hello{media_protocol_version});
  } else if (mode == "large") {
    send_raw(std::vector<std::uint8_t>(max_record_bytes + 1));
  } else if (mode == "empty") {
    send_raw({});
  } else if (mode == "slot") {
    frame.slot = order.ring.slots;
    send(frame);
  } else if (mode == "used_slot") {
    send(frame);
    frame.at.index = 1;
    send(frame);
  } else if (mode == "consumer") {
    frame.consumers = {0, 1};
    send(frame);
  } else if (mode == "consumer_twice") {
    frame.consumers = {0, 0};
    send(frame);
  } else if (mode == "huge_picture") {
    frame.size = {16384, 16384};
    frame.format = sample_format::bgr24;
    send(frame);
  } else if (mode == "descriptor") {
    send_descriptors(encode(media_report{progress}), 1);
  } else if (mode == "many_descriptors") {
    send_descriptors(encode(media_report{progress}), 64);
  } else if (mode == "depth_bomb") {
    send_raw(std::vector<std::uint8_t>(max_record_bytes, 0x81));
  } else if (mode == "promised_length") {
    send_raw({0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
  } else if (mode == "map_of_many") {
    nlohmann::ordered_json many = nlohmann::ordered_json::object();
    for (int i = 0; i < 10'000; ++i)
      many["k" + std::to_string(i)] = 0;
    send_raw(to_cbor(many));
  } else if (mode == "finds_of_others") {
    media_finds finds{order.job, {}, {}};
    finds.events.push_back({"text_overlay", "text", {0, media_time{0}}});
    send(finds);
  } else if (mode == "scene_of_nobody") {
    send(media_finds{order.job, {}, {scene{}}});
  } else if (mode == "cancels") {
    send(media_failed{order.job, {errc::cancelled, "enough"}});
  } else if (mode == "hangs") {
    send(progress);
  } else if (mode == "gpu_lost") {
    send(media_failed{order.job, {errc::worker_lost, "the GPU does nothing more"}});
  } else if (mode == "closes") {
    ::shutdown(channel_fd, SHUT_RDWR);
  } else if (mode == "flood") {
    for (;; ++progress.frames)
      send(progress);
  } else if (mode == "deaf") { // reports well, but never reads the credit it gets
    for (;; ++progress.frames) {
      send(progress);
      ::usleep(10'000);
    }
  } else {
    return 2;
  }
  idle();
}
