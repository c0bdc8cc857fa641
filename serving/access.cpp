#include "serving/access.hpp"

#include "core/durable_file.hpp"
#include "core/sha256.hpp"
#include "core/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace timeloom {

namespace {

constexpr std::size_t token_bytes = 32, shortest_token = 32, longest_token = 1024;

/// Under a name of its own first, and linked to `path` when it is whole, so that no reader sees half a token.
expected<void> make_token(const std::string& path) {
  const auto folder = std::filesystem::path{path}.parent_path();
  const auto draft = path + "." + random_hex(8);
  const unique_fd file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file)
    return fail(errc::io, "cannot make the token file {}: {}", path, errno_text(errno));
  const auto text = random_hex(token_bytes) + "\n";
  const bool written = write_bytes(file.get(), text) && ::fsync(file.get()) == 0;
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int why = errno;
  ::unlink(draft.c_str());
  if (!linked)
    return fail(errc::io, "cannot write the token file {}: {}", path, errno_text(why));
  const unique_fd entries{::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!entries || ::fsync(entries.get()) != 0)
    return fail(errc::io, "cannot keep the token file {}: {}", path, errno_text(errno));
  return {};
}

} // namespace

std::string random_hex(std::size_t bytes) {
  std::string text;
  while (text.size() < 2 * bytes) {
    std::array<unsigned char, 64> noise{};
    if (::getrandom(noise.data(), noise.size(), 0) != static_cast<ssize_t>(noise.size()))
      continue; // a signal
    for (const auto byte : noise)
      text += fmt::format("{:02x}", byte);
  }
  text.resize(2 * bytes);
  return text;
}

expected<std::string> token_of_file(const std::string& path) {
  const auto open = [&] { return unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)}; };
  auto file = open();
  if (!file && errno == ENOENT) {
    if (auto made = make_token(path); !made)
      return tl::unexpected{made.error()};
    file = open();
  }
  if (!file)
    return fail(errc::io, "cannot open the token file {}: {}", path, errno_text(errno));

  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    return fail(errc::io, "cannot look at the token file {}: {}", path, errno_text(errno));
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid())
    return fail(errc::not_allowed, "the token file {} must be a regular file of the user that runs timeloom", path);
  if ((status.st_mode & 077) != 0)
    return fail(errc::not_allowed,
                "others can use the token file {} (mode {:04o}); chmod 600 it, or remove it for a new one", path,
                status.st_mode & 07777U);

  std::array<char, longest_token> text{};
  const auto length = ::read(file.get(), text.data(), text.size());
  if (length < 0)
    return fail(errc::io, "cannot read the token file {}: {}", path, errno_text(errno));
  std::string token{text.data(), static_cast<std::size_t>(length)};
  token.resize(std::min(token.find_first_of("\r\n"), token.size()));
  if (token.size() < shortest_token ||
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") !=
          std::string::npos)
    return fail(errc::invalid_argument,
                "the token in {} must have {} characters or more, of letters, digits and -._~+/=; remove the file for "
                "a new one",
                path, shortest_token);
  return token;
}

bool same_secret(std::string_view given, std::string_view secret) {
  // Of the hashes, which have one length.
  const auto a = sha256_of(given), b = sha256_of(secret);
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace timeloom
