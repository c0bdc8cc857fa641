/// FFmpeg's handles with one owner each, and its words. Only files of `media/` and `rendering/` include this.
#pragma once

#include "core/error.hpp"

#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

namespace timeloom::ffmpeg {

struct format_context_close {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
};
struct codec_context_free {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
};
struct packet_free {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct io_context_free {
  void operator()(AVIOContext* p) const {
    av_freep(&p->buffer); // FFmpeg may have replaced the buffer it was given
    avio_context_free(&p);
  }
};
struct sws_free {
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};
struct swr_close {
  void operator()(SwrContext* p) const { swr_free(&p); }
};
struct dictionary {
  AVDictionary* entries = nullptr;
  dictionary() = default;
  dictionary(const dictionary&) = delete;
  dictionary& operator=(const dictionary&) = delete;
  ~dictionary() { av_dict_free(&entries); }
};

using format_context = std::unique_ptr<AVFormatContext, format_context_close>;
using codec_context = std::unique_ptr<AVCodecContext, codec_context_free>;
using packet = std::unique_ptr<AVPacket, packet_free>;
using io_context = std::unique_ptr<AVIOContext, io_context_free>;
using swr_context = std::unique_ptr<SwrContext, swr_close>;
using sws_context = std::unique_ptr<SwsContext, sws_free>;

/// FFmpeg's words for one of its error codes.
std::string error_text(int code);

/// Collects what FFmpeg logs at error level from now on instead of printing it. Any thread; process-wide, once.
void collect_log();

/// The last line that FFmpeg logged as an error since the last call, or "" when there was none. Any thread.
std::string take_last_log_line();

} // namespace timeloom::ffmpeg
