#include "actors/record_reader.hpp"

namespace timeloom {

record_reader::record_reader(record_channel& channel, std::function<void(received_record)> on_record,
                             std::function<void(std::string)> on_end)
    : channel_(channel) {
  thread_ = std::thread{[this, on_record = std::move(on_record), on_end = std::move(on_end)] {
    for (;;) {
      room_.acquire();
      if (ending_)
        return on_end("");
      auto record = channel_.receive();
      if (!record)
        return on_end(record.error().message);
      if (!*record)
        return on_end("");
      on_record(std::move(**record));
    }
  }};
}

record_reader::~record_reader() {
  ending_ = true;
  channel_.shut_down();
  room_.release(); // in case it waits for room
  thread_.join();
}

} // namespace timeloom
