#include "actors/media_worker.hpp"

#include "actors/media_records.hpp"
#include "actors/media_run.hpp"
#include "actors/worker_process.hpp"
#include "analyzers/library_threads.hpp"
#include "media/media_memory.hpp"
#include "media/record_channel.hpp"

#include <cstdio>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace timeloom {

namespace {

/// Orders come from the trusted side: one that does not fit is a bug or another build, and ends the worker.
[[noreturn]] void give_up(const error& reason) {
  std::fprintf(stderr, "timeloom media worker: %s\n", reason.message.c_str());
  ::_exit(70);
}

class media_worker {
public:
  explicit media_worker(record_channel channel) : channel_(std::move(channel)) {}

  int serve() {
    send(media_hello{media_protocol_version});
    for (;;) {
      auto record = channel_.receive();
      if (!record)
        give_up(record.error());
      if (!*record)
        ::_exit(0); // the coordinator is gone; threads may be anywhere inside FFmpeg, so nothing is waited for
      auto command = decode_command((*record)->bytes);
      if (!command)
        give_up(command.error());
      if (auto* order = std::get_if<media_order>(&*command))
        start(std::move(*order), std::move((*record)->descriptors));
      else if (const auto* release = std::get_if<release_slots>(&*command);
               release && run_ && run_->job() == release->job)
        run_->release(release->slots);
      else if (const auto* cancel = std::get_if<cancel_media>(&*command); cancel && run_ && run_->job() == cancel->job)
        run_->cancel();
    }
  }

private:
  void start(media_order order, std::vector<unique_fd> descriptors) {
    run_.reset(); // the one before is over, or no longer wanted
    frame_ring ring;
    if (!order.consumers.empty()) {
      if (descriptors.size() != 2)
        give_up({errc::protocol, "an order with consumers came without a frame ring"});
      auto mapped = frame_ring::map(descriptors[1], order.ring, frame_ring::access::write);
      if (!mapped)
        give_up(mapped.error());
      ring = std::move(*mapped);
    } else if (descriptors.size() != 1) {
      give_up({errc::protocol, "an order came without a file"});
    }
    run_ = std::make_unique<media_run>(std::move(order), std::move(descriptors[0]), std::move(ring),
                                       [this](const media_report& report) { send(report); });
  }

  void send(const media_report& report) {
    const auto bytes = encode(report);
    const std::lock_guard lock{sending_};
    if (auto sent = channel_.send(bytes); !sent && sent.error().code != errc::worker_lost)
      give_up(sent.error());
    if (const auto* failed = std::get_if<media_failed>(&report); failed && failed->reason.code == errc::worker_lost)
      give_up(failed->reason);
  }

  record_channel channel_;
  std::mutex sending_;
  std::unique_ptr<media_run> run_;
};

} // namespace

int run_media_worker() {
  limit_media_memory();
  prepare_media_process();
  keep_libraries_single_threaded();
  return media_worker{record_channel{unique_fd{worker_channel_fd}}}.serve();
}

} // namespace timeloom
