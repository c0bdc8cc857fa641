#include "actors/record_reader.hpp"

#include "tests/catch.hpp"

#include <atomic>
#include <chrono>
#include <mutex>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// What a reader handed on, and how it ended.
struct receiver {
  std::atomic<int> records = 0;
  std::atomic<bool> over = false;
  std::mutex mutex;
  std::string reason; // guarded by mutex
  std::string bytes;  // first byte of each record; guarded by mutex

  auto on_record() {
    return [this](received_record record) {
      const std::lock_guard lock{mutex};
      bytes += static_cast<char>(record.bytes.at(0));
      ++records;
    };
  }
  auto on_end() {
    return [this](std::string why) {
      const std::lock_guard lock{mutex};
      reason = std::move(why);
      over = true;
    };
  }
};

template <class Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 5000 && !condition(); ++i)
    std::this_thread::sleep_for(1ms);
  return condition();
}

const std::vector<std::uint8_t> one_byte{'x'};

} // namespace

TEST_CASE("a reader runs ahead of its consumer by its window and no further") {
  auto ends = record_channel::create_pair();
  REQUIRE(ends);
  receiver got;
  record_reader reader{ends->first, got.on_record(), got.on_end()};
  const auto send = [&] { return ends->second.send(one_byte, {}, record_channel::when_full::give_up).has_value(); };
  int sent = 0;
  while (sent < record_reader::window && send())
    ++sent;
  REQUIRE(soon([&] { return got.records == record_reader::window; }));
  // The window is used up: what is sent now stays in the socket until that is full.
  while (send())
    ++sent;
  std::this_thread::sleep_for(20ms);
  CHECK(got.records == record_reader::window);
  CHECK_FALSE(send());
  for (int i = 0; i < 10; ++i)
    reader.dealt_with();
  CHECK(soon([&] { return got.records == record_reader::window + 10; }));
  std::this_thread::sleep_for(20ms);
  CHECK(got.records == record_reader::window + 10);
}

TEST_CASE("records arrive in order, and the end after the last of them") {
  auto ends = record_channel::create_pair();
  REQUIRE(ends);
  receiver got;
  record_reader reader{ends->first, got.on_record(), got.on_end()};
  for (const char c : std::string{"records"})
    REQUIRE(ends->second.send(std::vector<std::uint8_t>{static_cast<std::uint8_t>(c)}));
  ends->second = record_channel{};
  REQUIRE(soon([&] { return got.over.load(); }));
  const std::lock_guard lock{got.mutex};
  CHECK(got.bytes == "records");
  CHECK(got.reason.empty());
}

TEST_CASE("a record too large ends the reader with a reason") {
  auto ends = record_channel::create_pair();
  REQUIRE(ends);
  receiver got;
  record_reader reader{ends->first, got.on_record(), got.on_end()};
  const std::vector<std::uint8_t> large(max_record_bytes + 1);
  REQUIRE(::write(ends->second.descriptor(), large.data(), large.size()) == static_cast<ssize_t>(large.size()));
  REQUIRE(soon([&] { return got.over.load(); }));
  const std::lock_guard lock{got.mutex};
  CHECK(got.reason == "a record is larger than 131072 bytes");
  CHECK(got.records == 0);
}

TEST_CASE("a reader that waits for a record, or for room, ends with its owner") {
  for (const bool full : {false, true}) {
    auto ends = record_channel::create_pair();
    REQUIRE(ends);
    receiver got;
    {
      record_reader reader{ends->first, got.on_record(), got.on_end()};
      for (int i = 0; full && i < record_reader::window + 5; ++i)
        REQUIRE(ends->second.send(one_byte, {}, record_channel::when_full::give_up));
      REQUIRE(soon([&] { return got.records == (full ? record_reader::window : 0); }));
    }
    CHECK(got.over == true);
  }
}
