#include "actors/cbor.hpp"

#include "actors/media_records.hpp"
#include "media/record_channel.hpp"
#include "tests/actors/allocations.hpp"
#include "tests/catch.hpp"

#include <nlohmann/json.hpp>
#include <random>

using namespace timeloom;
using nlohmann::ordered_json;
using bytes = std::vector<std::uint8_t>;

namespace {

bytes repeat(std::uint8_t byte, std::size_t count) {
  return bytes(count, byte);
}

/// The reason for which `input` is refused; empty when it is not.
std::string refusal(const bytes& input) {
  allocated = 0;
  const auto value = from_cbor(input);
  // A one-byte item becomes a JSON value of 16 bytes, a member with its name one of 48, in lists that grow by doubling.
  CHECK(allocated <= 160 * input.size() + 4096);
  if (value)
    return "";
  CHECK(value.error().code == errc::protocol);
  return value.error().message;
}

ordered_json some_value() {
  return {
      {"text", "words"}, {"numbers", {1, -2, 70000, 5'000'000'000, 1.5}}, {"none", nullptr},
      {"yes", true},     {"inner", {{"list", {{{"deep", 1}}, "two"}}}},   {"bytes", ordered_json::binary({1, 2, 3})}};
}

} // namespace

TEST_CASE("a value comes back from CBOR as it went in") {
  const auto back = from_cbor(to_cbor(some_value()));
  REQUIRE(back);
  CHECK(*back == some_value());
}

TEST_CASE("a record cut short at any byte is refused") {
  const auto whole = to_cbor(some_value());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}) != "");
  }
}

TEST_CASE("bytes after a value are refused") {
  auto record = to_cbor(some_value());
  record.push_back(0);
  CHECK(refusal(record) == "1 bytes follow a record's value");
}

TEST_CASE("nesting is bounded and a depth bomb costs nothing") {
  auto deep = repeat(0x81, 31);
  deep.push_back(0);
  CHECK(refusal(deep) == "");
  for (const std::uint8_t opening : {0x81, 0xA1, 0x9F, 0xBF, 0xC1, 0xDF})
    for (const std::size_t depth : {std::size_t{33}, std::size_t{1000}, max_record_bytes}) {
      INFO(int{opening} << " " << depth);
      auto bomb = repeat(opening, depth);
      CHECK(refusal(bomb) != "");
      bomb.back() = 0;
      CHECK(refusal(bomb) != "");
      CHECK(allocated < 8192);
    }
}

TEST_CASE("a promised length that is not there is refused before anything is allocated for it") {
  for (const std::uint8_t major : {0x40, 0x60, 0x80, 0xA0})
    for (const bytes& length :
         {bytes{24, 200}, bytes{25, 255, 255}, bytes{26, 255, 255, 255, 255}, bytes{26, 127, 255, 255, 255},
          bytes{27, 255, 255, 255, 255, 255, 255, 255, 255}, bytes{27, 127, 255, 255, 255, 255, 255, 255, 255},
          bytes{27, 128, 0, 0, 0, 0, 0, 0, 0}, bytes{27, 0, 0, 0, 1, 0, 0, 0, 0}}) {
      bytes record{length};
      record[0] = static_cast<std::uint8_t>(record[0] | major);
      record.insert(record.end(), {0, 0, 0});
      INFO(int{major} << " " << int{length[0]});
      CHECK(refusal(record) != "");
      CHECK(allocated < 4096);
    }
}

TEST_CASE("indefinite lengths, tags and reserved forms are refused") {
  CHECK(refusal({0x9F, 0x01, 0xFF}) != "");
  CHECK(refusal({0xBF, 0x61, 'a', 0x01, 0xFF}) != "");
  CHECK(refusal({0x5F, 0x41, 1, 0xFF}) != "");
  CHECK(refusal({0x7F, 0x61, 'a', 0xFF}) != "");
  CHECK(refusal({0xFF}) != "");
  CHECK(refusal({0xC0, 0x01}) != "");
  CHECK(refusal({0xD8, 0x18, 0x41, 0}) != "");
  for (const int minor : {28, 29, 30})
    for (int major = 0; major < 8; ++major)
      CHECK(refusal({static_cast<std::uint8_t>(major << 5 | minor), 0, 0, 0, 0}) != "");
}

TEST_CASE("a map with very many members is refused at once") {
  // nlohmann's ordered map looks through all its members for each new one.
  ordered_json many = ordered_json::object();
  for (int i = 0; i < 2000; ++i)
    many["k" + std::to_string(i)] = 0;
  CHECK(refusal(to_cbor(many)).find("members") != std::string::npos);
}

TEST_CASE("random bytes never crash the reader nor make it allocate out of proportion") {
  std::mt19937 random{1};
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    bytes noise(random() % 200);
    for (auto& byte : noise)
      byte = static_cast<std::uint8_t>(random());
    refused += refusal(noise) != "" ? 1 : 0;
  }
  CHECK(refused > 15'000);
}

TEST_CASE("a valid record with any one byte changed never crashes the readers of records") {
  const media_report frame =
      media_frame{7, 3, {120, media_time{4'000'000'000}}, {640, 360}, sample_format::gray8, {0, 1}};
  media_finds finds{7, {}, {}};
  finds.events.push_back({"cut_analysis", "cut", {30, media_time{1'000'000'000}}});
  for (const auto& record : {encode(frame), encode(media_report{finds})})
    for (std::size_t at = 0; at < record.size(); ++at)
      for (int value = 0; value < 256; ++value) {
        auto changed = record;
        changed[at] = static_cast<std::uint8_t>(value);
        if (const auto read = decode_report(changed); !read && read.error().code != errc::protocol)
          FAIL(read.error().message);
      }
}
