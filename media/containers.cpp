#include "media/containers.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace timeloom {

namespace {

// The first of each demuxer's names. A list of what is allowed, so that a demuxer added to FFmpeg later is off.
constexpr auto allowed = std::to_array<std::string_view>({
    // containers and elementary streams with pictures
    "mov",
    "matroska",
    "webm",
    "mpegts",
    "mpegtsraw",
    "mpeg",
    "avi",
    "flv",
    "live_flv",
    "asf",
    "asf_o",
    "ogg",
    "mxf",
    "mxf_opatom",
    "rm",
    "nut",
    "dv",
    "gxf",
    "nsv",
    "wtv",
    "ivf",
    "obu",
    "av1",
    "h264",
    "hevc",
    "vvc",
    "m4v",
    "h261",
    "h263",
    "mpegvideo",
    "mjpeg",
    "mjpeg_2000",
    "vc1",
    "vc1test",
    "dirac",
    "cavsvideo",
    "avs2",
    "avs3",
    "dnxhd",
    "yuv4mpegpipe",
    "smk",
    "bink",
    "roq",
    "flic",
    "film_cpk",
    "swf",
    "amv",
    "r3d",
    "gif",
    "apng",
    "evc",
    "kux",
    // single pictures
    "bmp_pipe",
    "dds_pipe",
    "dpx_pipe",
    "exr_pipe",
    "gif_pipe",
    "hdr_pipe",
    "j2k_pipe",
    "jpeg_pipe",
    "jpegls_pipe",
    "jpegxl_pipe",
    "jpegxl_anim",
    "pam_pipe",
    "pbm_pipe",
    "pcx_pipe",
    "pfm_pipe",
    "pgm_pipe",
    "pgmyuv_pipe",
    "png_pipe",
    "ppm_pipe",
    "psd_pipe",
    "qoi_pipe",
    "sgi_pipe",
    "sunrast_pipe",
    "tiff_pipe",
    "webp_pipe",
    "xbm_pipe",
    "xpm_pipe",
    "xwd_pipe",
    // sound, so that the error can say that it is only sound
    "mp3",
    "wav",
    "w64",
    "flac",
    "aac",
    "amr",
    "amrnb",
    "amrwb",
    "ac3",
    "eac3",
    "dts",
    "aiff",
    "au",
    "caf",
    "ape",
    "tta",
    "wv",
    "loas",
});

constexpr auto playlists =
    std::to_array<std::string_view>({"hls", "dash", "concat", "sdp", "rtsp", "rtp", "sap", "imf", "webm_dash_manifest",
                                     "mpjpeg", "image2", "image2pipe", "ffmetadata"});

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool begins_with(AVIOContext* io, std::string_view text) {
  std::string start(text.size(), '\0');
  return avio_seek(io, 0, SEEK_SET) == 0 &&
         avio_read(io, reinterpret_cast<unsigned char*>(start.data()), static_cast<int>(start.size())) ==
             static_cast<int>(start.size()) &&
         start == text;
}

tl::unexpected<error> refuse_playlist(const std::string& name, std::string_view kind) {
  return fail(errc::not_allowed,
              "{} is not a video but a text that points to other files ({}); timeloom opens no file that another file "
              "names: give it the video itself",
              name, kind);
}

} // namespace

expected<const AVInputFormat*> probe_container(AVIOContext* io, const std::string& name) {
  const AVInputFormat* format = nullptr;
  // No file name is given, so the bytes alone decide, not an ending that somebody chose.
  const int score = av_probe_input_buffer2(io, &format, "", nullptr, 0, 0);
  if ((score < 0 || format == nullptr) && begins_with(io, "#EXTM3U")) // which FFmpeg 7 knows by its ending alone
    return refuse_playlist(name, "HLS");
  if (score < 0 || format == nullptr)
    return fail(errc::corrupt_media, "{} is not a video that FFmpeg knows: {}", name,
                score < 0 ? ffmpeg::error_text(score) : "unknown format");
  const std::string_view names{format->name};
  const auto first = names.substr(0, names.find(','));
  if (holds(playlists, first))
    return refuse_playlist(name, format->long_name != nullptr ? format->long_name : format->name);
  if (!holds(allowed, first))
    return fail(errc::unsupported, "{} is {}, which timeloom does not read", name,
                format->long_name != nullptr && *format->long_name != '\0' ? format->long_name : format->name);
  return format;
}

namespace {

/// Reads enough of the streams to know them. Decoders are opened for that too, so the limit on sizes holds for them.
int find_streams(AVFormatContext& format, std::int64_t max_pixels) {
  std::vector<ffmpeg::dictionary> settings(format.nb_streams);
  std::vector<AVDictionary*> entries;
  for (auto& one : settings) {
    av_dict_set_int(&one.entries, "max_pixels", max_pixels, 0);
    entries.push_back(one.entries);
  }
  const int result = avformat_find_stream_info(&format, entries.data());
  for (std::size_t i = 0; i < settings.size(); ++i) // FFmpeg may have replaced them
    settings[i].entries = entries[i];
  return result;
}

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

} // namespace

expected<ffmpeg::format_context> open_container(fd_reader& reader, const std::string& name, std::int64_t max_pixels) {
  const auto container = probe_container(reader.context(), name);
  if (!container)
    return tl::unexpected{container.error()};
  AVFormatContext* format = avformat_alloc_context();
  if (format == nullptr)
    return fail(errc::exhausted, "no memory to open {}", name);
  format->pb = reader.context();
  format->flags |= AVFMT_FLAG_CUSTOM_IO;
  format->io_open = refuse_to_open;
  ffmpeg::dictionary settings;
  av_dict_set(&settings.entries, "protocol_whitelist", "none", 0);
  // On failure FFmpeg frees the context and sets it to null.
  int result = avformat_open_input(&format, "", *container, &settings.entries);
  if (result < 0) {
    const auto words = ffmpeg::take_last_log_line();
    return fail(errc::corrupt_media, "{} cannot be opened as {}: {}{}", name, (*container)->name,
                ffmpeg::error_text(result), words.empty() ? "" : " (" + words + ")");
  }
  ffmpeg::format_context opened{format};
  result = find_streams(*format, max_pixels);
  if (result < 0)
    return fail(errc::corrupt_media, "no stream of {} can be understood: {}", name, ffmpeg::error_text(result));
  return opened;
}

AVStream* sound_beside(AVFormatContext& format, int pictures) {
  const auto best = [&](const AVCodec** decoder) {
    return av_find_best_stream(&format, AVMEDIA_TYPE_AUDIO, -1, pictures, decoder, 0);
  };
  const AVCodec* decoder = nullptr;
  int chosen = best(&decoder);
  if (chosen == AVERROR_DECODER_NOT_FOUND)
    chosen = best(nullptr);
  return chosen < 0 ? nullptr : format.streams[chosen];
}

} // namespace timeloom
