#include "media/fd_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace timeloom {

namespace {

constexpr int buffer_bytes = 64 * 1024;
constexpr std::int64_t most_readings = 8;             // of the whole file, in which streams may lie far apart
constexpr std::int64_t longest_gap = 4 * 1024 * 1024; // beyond it FFmpeg looks at the file's end, and comes back

} // namespace

fd_reader::fd_reader(unique_fd fd, std::int64_t bytes, std::function<void()> still_at_it)
    : fd_(std::move(fd)), bytes_(bytes), still_at_it_(std::move(still_at_it)) {}

fd_reader::~fd_reader() = default;

expected<std::unique_ptr<fd_reader>> fd_reader::create(unique_fd fd, const std::string& name,
                                                       std::function<void()> still_at_it) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(errc::not_allowed, "{} is not a regular file", name);
  std::unique_ptr<fd_reader> reader{new fd_reader{std::move(fd), status.st_size, std::move(still_at_it)}};
  auto* buffer = static_cast<unsigned char*>(av_malloc(buffer_bytes));
  if (buffer != nullptr)
    reader->context_.reset(avio_alloc_context(buffer, buffer_bytes, 0, reader.get(), &read, nullptr, &seek));
  if (!reader->context_) {
    av_free(buffer);
    return fail(errc::exhausted, "no memory for a read buffer of {} bytes", buffer_bytes);
  }
  return reader;
}

int fd_reader::read(void* self, std::uint8_t* buffer, int size) {
  auto& reader = *static_cast<fd_reader*>(self);
  ssize_t count;
  do
    count = ::pread(reader.fd_.get(), buffer, static_cast<std::size_t>(size), reader.offset_);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return AVERROR(errno);
  if (count == 0)
    return AVERROR_EOF;
  if (reader.offset_ > reader.hashed_ && reader.offset_ - reader.hashed_ <= longest_gap)
    reader.hash_gap(reader.offset_);
  reader.hash(buffer, reader.offset_, count);
  reader.offset_ += count;
  reader.read_ += count;
  if (reader.still_at_it_ && reader.read_ / most_readings <= reader.bytes_)
    reader.still_at_it_();
  return static_cast<int>(count);
}

std::int64_t fd_reader::seek(void* self, std::int64_t offset, int whence) {
  auto& reader = *static_cast<fd_reader*>(self);
  std::int64_t target = 0;
  switch (whence & ~AVSEEK_FORCE) {
  case AVSEEK_SIZE:
    return reader.bytes_;
  case SEEK_SET:
    target = offset;
    break;
  case SEEK_CUR:
    target = reader.offset_ + offset;
    break;
  case SEEK_END:
    target = reader.bytes_ + offset;
    break;
  default:
    return AVERROR(EINVAL);
  }
  if (target < 0)
    return AVERROR(EINVAL);
  reader.offset_ = target;
  return target;
}

/// Reads what FFmpeg passed over, such as chunks of another stream, so that the end need not read the file again.
void fd_reader::hash_gap(std::int64_t end) {
  std::array<std::uint8_t, 64 * 1024> buffer;
  while (hashed_ < end) {
    const auto wanted = std::min<std::int64_t>(end - hashed_, buffer.size());
    const auto count = ::pread(fd_.get(), buffer.data(), static_cast<std::size_t>(wanted), hashed_);
    if (count <= 0)
      return; // the end meets it again, and says so
    hash(buffer.data(), hashed_, count);
  }
}

void fd_reader::hash(const std::uint8_t* data, std::int64_t offset, std::int64_t size) {
  if (offset > hashed_ || offset + size <= hashed_)
    return;
  const auto fresh = hashed_ - offset;
  digest_.add({reinterpret_cast<const char*>(data + fresh), static_cast<std::size_t>(size - fresh)});
  hashed_ = offset + size;
}

expected<std::string> fd_reader::sha256() {
  std::vector<std::uint8_t> buffer(1 << 20);
  for (offset_ = hashed_;;) {
    const int count = read(this, buffer.data(), static_cast<int>(buffer.size()));
    if (count == AVERROR_EOF)
      break;
    if (count < 0)
      return fail(errc::io, "cannot read byte {}: {}", offset_, ffmpeg::error_text(count));
  }
  return digest_.hex();
}

} // namespace timeloom
