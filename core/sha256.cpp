#include "core/sha256.hpp"

#include <array>
#include <fmt/format.h>
#include <new>
#include <openssl/evp.h>

namespace timeloom {

sha256::sha256() : state_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!state_ || EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc{}; // nothing else can go wrong
}

void sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size());
}

std::string sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_.get(), digest.data(), &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i)
    text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256_of(std::string_view bytes) {
  sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

} // namespace timeloom
