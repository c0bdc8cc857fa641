#!/usr/bin/env python3
"""transformers' side of bench/gpu/vlm_throughput.

    vlm_reference.py make SHAPE FOLDER TOKENIZER       a checkpoint of random weights: SHAPE is 1B, 2B or 8B
    vlm_reference.py speed FOLDER FRAMES TILES PROMPT NEW BATCH...
    vlm_reference.py inputs FOLDER FILE TILES          a prompt and random tiles for the logits
    vlm_reference.py logits FOLDER FILE TYPE OUTPUT
    vlm_reference.py compare EXACT REFERENCE OURS...   errors against EXACT; exit status 1 when OURS is too far off

`speed` prints a line of JSON for each BATCH: frames in batches of that size, greedy, sdpa, bfloat16, pixels ready on the
GPU; where that would be long, only the first few batches are run and the rest is computed from them (`measured`).
"""
import json
import os
import shutil
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import numpy
import torch
from safetensors.torch import load_file, save_file

SHAPES = {
    "1B": dict(hidden_size=896, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2, intermediate_size=4864,
               tie_word_embeddings=True),
    "2B": dict(hidden_size=1536, num_hidden_layers=28, num_attention_heads=12, num_key_value_heads=2, intermediate_size=8960,
               tie_word_embeddings=True),
    "8B": dict(hidden_size=3584, num_hidden_layers=28, num_attention_heads=28, num_key_value_heads=4, intermediate_size=18944,
               tie_word_embeddings=False),
}
TOKENS_A_TILE = 256


def make(shape, folder, tokenizer):
    from transformers import InternVLConfig, InternVLForConditionalGeneration
    start = time.time()
    image_token = {entry["content"]: entry["id"] for entry in json.load(open(tokenizer))["added_tokens"]}["<IMG_CONTEXT>"]
    vision = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096, image_size=[448, 448],
                  patch_size=[14, 14], num_channels=3, hidden_act="gelu", norm_type="layer_norm", attention_bias=True,
                  use_qk_norm=False, use_absolute_position_embeddings=True, use_mean_pooling=True, layer_norm_eps=1e-6,
                  layer_scale_init_value=0.1)
    text = dict(SHAPES[shape], model_type="qwen2", vocab_size=151674, max_position_embeddings=32768, rms_norm_eps=1e-6,
                hidden_act="silu", bos_token_id=None, eos_token_id=None, pad_token_id=None,
                rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})
    config = InternVLConfig(vision_config=vision, text_config=text, image_token_id=image_token, image_seq_length=TOKENS_A_TILE,
                            downsample_ratio=0.5, projector_hidden_act="gelu", vision_feature_layer=-1,
                            vision_feature_select_strategy="default", tie_word_embeddings=SHAPES[shape]["tie_word_embeddings"])
    torch.set_default_dtype(torch.bfloat16)
    torch.manual_seed(3)
    with torch.device("cuda"):
        model = InternVLForConditionalGeneration(config)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            normal = torch.randn(tensor.shape, device="cuda", dtype=torch.float32)
            if "lambda_" in name:
                made = 0.3 + 0.1 * normal
            elif "norm" in name and name.endswith("weight"):
                made = 1 + 0.2 * normal
            elif name.endswith("bias"):
                made = 0.1 * normal
            elif "embed_tokens" in name or "lm_head" in name:
                made = 0.05 * normal
            elif "cls_token" in name or "position_embeddings" in name:
                made = 0.3 * normal
            else:
                made = normal / tensor[0].numel() ** 0.5
            tensor.copy_(made)
    model.tie_weights()
    model.save_pretrained(folder, max_shard_size="5GB")
    shutil.copy(tokenizer, os.path.join(folder, "tokenizer.json"))
    print(json.dumps({"shape": shape, "parameters": sum(p.numel() for p in model.parameters()), "seconds": time.time() - start}))


def loaded(folder, dtype):
    from transformers import InternVLForConditionalGeneration
    return InternVLForConditionalGeneration.from_pretrained(folder, dtype=dtype, device_map="cuda", attn_implementation="sdpa").eval()


def speed(folder, frames, tiles, prompt, new, batches):
    model = loaded(folder, torch.bfloat16)
    image = model.config.image_token_id
    ids = [10] * (prompt // 2) + [image] * (tiles * TOKENS_A_TILE) + [11] * (prompt - prompt // 2)
    pixels = torch.randn(frames * tiles, 3, 448, 448, dtype=torch.bfloat16, device="cuda")

    def generate(first, count):
        rows = torch.tensor([ids] * count, device="cuda")
        made = model.generate(input_ids=rows, attention_mask=torch.ones_like(rows), do_sample=False, min_new_tokens=new,
                              pixel_values=pixels[first * tiles:(first + count) * tiles], max_new_tokens=new, pad_token_id=0)
        assert made.shape[1] == len(ids) + new

    with torch.no_grad():
        for batch in batches:
            generate(0, batch)
            done = min(frames, max(batch, 8 // batch * batch if batch > 1 else 2))
            torch.cuda.synchronize()
            start = time.time()
            for first in range(0, done, batch):
                generate(first, min(batch, done - first))
            torch.cuda.synchronize()
            print(json.dumps({"batch": batch, "measured": done, "seconds": (time.time() - start) * frames / done,
                              "peak_bytes": torch.cuda.max_memory_allocated()}), flush=True)


def inputs(folder, file, tiles):
    image = json.load(open(os.path.join(folder, "config.json")))["image_token_id"]
    generator = torch.Generator().manual_seed(9)
    words = torch.randint(0, 150000, (80,), generator=generator).tolist()
    words = [word if word != image else 5 for word in words]
    ids = words[:20] + [image] * (tiles * TOKENS_A_TILE) + words[20:]
    save_file({"ids": torch.tensor(ids, dtype=torch.int32),
               "tiles": torch.randn(tiles, 3, 448, 448, generator=generator)}, file)


def logits(folder, file, dtype, output):
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    dtype = getattr(torch, dtype)
    given = load_file(file)
    model = loaded(folder, dtype)
    with torch.no_grad():
        made = model(input_ids=given["ids"].long().cuda()[None], pixel_values=given["tiles"].to("cuda", dtype), use_cache=False).logits[0]
    made.float().cpu().numpy().tofile(output)
    print(json.dumps({"rows": made.shape[0], "vocabulary": made.shape[1]}))


def compare(exact, reference, ours):
    exact = numpy.fromfile(exact, dtype=numpy.float32)
    scale = numpy.sqrt(numpy.mean(numpy.square(exact, dtype=numpy.float64)))

    def error(name):
        made = numpy.fromfile(name, dtype=numpy.float32)
        assert made.shape == exact.shape, name
        return float(numpy.sqrt(numpy.mean(numpy.square(made.astype(numpy.float64) - exact))) / scale)

    theirs = error(reference)
    good = True
    for name in ours:
        mine = error(name)
        limit = 1e-3 if "float32" in name else 1.25 * theirs
        good = good and mine <= limit
        print(json.dumps({"logits": os.path.basename(name), "error": mine, "transformers_error": theirs, "ratio": mine / theirs,
                          "limit": limit, "good": mine <= limit}))
    return 0 if good else 1


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    what, rest = arguments[0], arguments[1:]
    if what == "make":
        make(*rest)
    elif what == "speed":
        speed(rest[0], *map(int, rest[1:5]), list(map(int, rest[5:])))
    elif what == "inputs":
        inputs(rest[0], rest[1], int(rest[2]))
    elif what == "logits":
        logits(*rest)
    elif what == "compare":
        return compare(rest[0], rest[1], rest[2:])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
