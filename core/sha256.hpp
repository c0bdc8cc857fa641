/// SHA-256 (FIPS 180-4) of bytes as they come. One owner, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st; // OpenSSL's EVP_MD_CTX

namespace timeloom {

class sha256 {
public:
  sha256();

  void add(std::string_view bytes);

  /// 64 lower-case hex digits; nothing may be added afterwards.
  std::string hex();

private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> state_;
};

std::string sha256_of(std::string_view bytes);

} // namespace timeloom
