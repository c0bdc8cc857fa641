#include "models/safetensors.hpp"

#include "tests/catch.hpp"
#include "tests/models/fixtures.hpp"
#include "tests/temporary_folder.hpp"

#include <random>

namespace timeloom {

using tests::fixture;
using tests::temporary_folder;

namespace {

/// The bytes of a file with that header, and so many bytes 0, 1, 2 ... behind it.
std::string file_bytes(const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += header;
  for (std::size_t i = 0; i < data; ++i)
    bytes += static_cast<char>(i);
  return bytes;
}

std::string refusal(const std::string& bytes) {
  const temporary_folder folder;
  const auto file = safetensors_file::open(folder.file("bad.safetensors", bytes));
  REQUIRE_FALSE(file);
  CHECK(file.error().code == errc::corrupt_media);
  CHECK(file.error().message.find("bad.safetensors is no usable safetensors file") != std::string::npos);
  return file.error().message;
}

bool says(const std::string& message, const std::string& words) {
  INFO(message);
  return message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("tensors are found where the header says they lie") {
  const temporary_folder folder;
  const auto file = safetensors_file::open(
      folder.file("good.safetensors",
                  file_bytes(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]},)"
                             R"("a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},)"
                             R"("none":{"dtype":"F32","shape":[0,3],"data_offsets":[10,10]}})",
                             10)));
  REQUIRE(file);
  REQUIRE(file->tensors().size() == 3);
  const auto& b = file->tensors().at("b");
  CHECK(b.type == tensor_type::uint8);
  CHECK(b.shape == std::vector<std::int64_t>{2});
  CHECK(tests::numbers<std::uint8_t>(b) == std::vector<std::uint8_t>{8, 9});
  CHECK(to_string(file->tensors().at("a").type) == "BF16");
  CHECK(shape_text(file->tensors().at("a").shape) == "[2, 2]");
  CHECK(file->tensors().at("none").bytes.empty());
}

TEST_CASE("a header that lies is refused, and the tensor is named") {
  const auto one = [](const char* dtype, const char* shape, const char* offsets) {
    return file_bytes(fmt::format(R"({{"w":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", dtype, shape, offsets), 8);
  };
  CHECK(says(refusal(""), "too few for a header"));
  CHECK(says(refusal(std::string(8, '\xff')), "is not within its 8 bytes"));
  CHECK(says(refusal(file_bytes("{}", 0).replace(0, 1, "\x03")), "its header of 3 bytes"));
  CHECK(says(refusal(file_bytes("{", 0)), "is no JSON"));
  CHECK(says(refusal(file_bytes("[1]", 0)), "is no JSON object"));
  CHECK(says(refusal(file_bytes(std::string(100'000, '['), 0)), "is no JSON"));
  CHECK(says(refusal(file_bytes(R"({"w":1})", 0)), "tensor w: dtype, shape or data_offsets is missing"));
  CHECK(says(refusal(one(R"("F99")", "[2]", "[0,8]")), "tensor w: dtype \"F99\""));
  CHECK(says(refusal(one("7", "[2]", "[0,8]")), "tensor w: dtype 7"));
  CHECK(says(refusal(one(R"("F32")", "[-2]", "[0,8]")), "shape [-2] is impossible"));
  CHECK(says(refusal(one(R"("F32")", "[1.5]", "[0,8]")), "shape [1.5] is impossible"));
  CHECK(says(refusal(one(R"("F32")", "[4611686018427387904,4]", "[0,8]")), "is impossible"));
  CHECK(says(refusal(one(R"("F32")", "[1,1,1,1,1,1,1,1,2]", "[0,8]")), "shape"));
  CHECK(says(refusal(one(R"("F32")", "[2]", "[0,9]")), "its bytes 0 to 9 are not within the file's 8"));
  CHECK(says(refusal(one(R"("F32")", "[2]", "[8,0]")), "its bytes 8 to 0"));
  CHECK(says(refusal(one(R"("F32")", "[2]", "[0,18446744073709551615]")), "are not within"));
  CHECK(says(refusal(one(R"("F32")", "[2]", "[-8,0]")), "data_offsets [-8,0]"));
  CHECK(says(refusal(one(R"("F32")", "[3]", "[0,8]")), "F32 of shape [3] has 12 bytes, but the file holds 8"));
  CHECK(says(refusal(one(R"("F32")", "[1]", "[0,4]")), "4 bytes at the end belong to no tensor"));
  CHECK(says(refusal(one(R"("F32")", "[1]", "[4,8]")), "before tensor w lie 4 bytes"));
  CHECK(says(refusal(file_bytes(R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},)"
                                R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
                                8)),
             "tensor b overlaps the one before"));
  CHECK(says(refusal(file_bytes(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
                                R"("a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}})",
                                8)),
             "names a twice"));
}

TEST_CASE("whatever a damaged header says, no tensor lies outside the file") {
  const temporary_folder folder;
  const auto whole = file_bytes(R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                                R"("b":{"dtype":"I8","shape":[8],"data_offsets":[8,16]}})",
                                16);
  std::mt19937 random{7};
  int readable = 0;
  for (int i = 0; i < 1000; ++i) {
    auto bytes = whole;
    for (unsigned damage = random() % 3 + 1; damage > 0; --damage)
      bytes[random() % (bytes.size() - 16)] = "0123456789[]{},:\"aFIb-."[random() % 24];
    const auto file = safetensors_file::open(folder.file("damaged.safetensors", bytes));
    if (!file)
      continue;
    ++readable;
    std::size_t sum = 0;
    for (const auto& [name, tensor] : file->tensors())
      sum += tests::numbers<std::uint8_t>(tensor).size(); // reads each byte
    CHECK(sum == 16);
  }
  CHECK(readable > 0);
}

TEST_CASE("what is no file is told apart from what is none that is usable") {
  const temporary_folder folder;
  const auto missing = safetensors_file::open(folder.at("none.safetensors"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
  const auto directory = safetensors_file::open(folder.path());
  REQUIRE_FALSE(directory);
  CHECK(says(directory.error().message, "is no regular file"));
}

TEST_CASE("a folder is read whole or in shards") {
  const auto whole = weight_folder::open(fixture("internvl3/hf"));
  REQUIRE(whole);
  CHECK(whole->find("language_model.model.norm.weight") != nullptr);
  CHECK(whole->find("no.such.tensor") == nullptr);
  const auto shards = weight_folder::open(fixture("internvl3/original"));
  REQUIRE(shards);
  CHECK(shards->find("language_model.model.embed_tokens.weight") != nullptr); // in the first file
  CHECK(shards->find("mlp1.3.weight") != nullptr);                            // in the second
  CHECK(shards->bytes() == whole->bytes() + 512 * 64 * 4);                    // its head is no reference
}

TEST_CASE("an index that does not fit its files is refused, and the tensor is named") {
  const temporary_folder folder;
  const auto refused = [&](const std::string& index) {
    folder.file("model.safetensors.index.json", index);
    const auto opened = weight_folder::open(folder.path());
    REQUIRE_FALSE(opened);
    return opened.error().message;
  };
  folder.file("one.safetensors", file_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1));
  CHECK(says(refused("{}"), "has no weight_map"));
  CHECK(says(refused("no json"), "is no JSON"));
  CHECK(says(refused(R"({"weight_map":{"a":"../one.safetensors"}})"), "names no file beside it"));
  CHECK(says(refused(R"({"weight_map":{"a":"/etc/passwd"}})"), "tensor a is said to be in \"/etc/passwd\""));
  CHECK(says(refused(R"({"weight_map":{"a":7}})"), "tensor a is said to be in 7"));
  CHECK(says(refused(R"({"weight_map":{"a":"two.safetensors"}})"), "two.safetensors, which"));
  CHECK(says(refused(R"({"weight_map":{"a":"one.safetensors","b":"one.safetensors"}})"), "tensor b is not in"));
  const temporary_folder empty;
  const auto nothing = weight_folder::open(empty.path());
  REQUIRE_FALSE(nothing);
  CHECK(says(nothing.error().message, "holds neither model.safetensors nor model.safetensors.index.json"));
}

} // namespace timeloom
