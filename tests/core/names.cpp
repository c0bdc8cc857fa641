#include "core/sha256.hpp"
#include "core/short_name.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4, in pieces too") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sha256 sum;
  for (int i = 0; i < 1000; ++i)
    sum.add(std::string(1000, 'a'));
  CHECK(sum.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a name is cut to 200 bytes, between characters, and stays one of its kind") {
  CHECK(shortened("film") == "film");
  CHECK(shortened(std::string(200, 'x')).size() == 200);
  const auto a = shortened(std::string(201, 'x') + "a"), b = shortened(std::string(201, 'x') + "b");
  CHECK(a.size() == 200);
  CHECK(a != b);
  std::string umlauts;
  for (int i = 0; i < 150; ++i)
    umlauts += "\xc3\xbc";
  const auto cut = shortened(umlauts);
  CHECK(cut.size() < 200);
  CHECK(cut[cut.size() - 10] == '\xbc');
}
