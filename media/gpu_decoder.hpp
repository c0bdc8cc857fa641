/// Decoding on an NVIDIA GPU (NVDEC), by FFmpeg. Frames come back to host memory as NV12 or P010.
///
/// The process has one CUDA device for it, made with the first file, which takes about a tenth of a second, and kept.
/// Where the driver, the GPU or FFmpeg cannot do it, files are decoded in software. Any thread.
#pragma once

#include "core/error.hpp"
#include "media/frame_source.hpp"

struct AVCodecContext;
struct AVCodecParameters;

namespace timeloom {

/// Whether NVDEC decodes such a stream: a GPU since 2016, by its codec and pixels.
bool is_for_nvdec(const AVCodecParameters& stream);

/// Makes `decoder`, which is not open yet, decode on the GPU if it can. True when it was made to; FFmpeg may still fall
/// back to software when it sees the stream.
bool decode_on_gpu(AVCodecContext& decoder, const AVCodecParameters& stream);

/// Whether `picture` lies on the GPU.
bool is_on_gpu(const AVFrame& picture);

/// `picture`, which lies on the GPU, in host memory with all that is known of it. Fails with FFmpeg's words.
expected<av_frame> from_gpu(const AVFrame& picture);

/// Whether the GPU does nothing more for this process: a fault, of its own or of another client of MPS, that stays
/// until the process ends. For after an error: asking costs a small copy.
bool is_gpu_lost();

} // namespace timeloom
