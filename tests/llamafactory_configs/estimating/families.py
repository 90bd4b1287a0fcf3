"""The ``config.json`` of many families, as their pages show them: their sizes, and what tells the family.

Layers are fewer than published, so that a count takes little.
"""

from typing import Any

Config = dict[str, Any]

VISION = {
    "model_type": "siglip_vision_model",
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_attention_heads": 16,
    "num_hidden_layers": 27,
    "image_size": 896,
    "patch_size": 14,
}

FAMILIES: dict[str, Config] = {
    "qwen2": {
        "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 896,
        "intermediate_size": 4864, "num_hidden_layers": 4, "num_attention_heads": 14,
        "num_key_value_heads": 2, "vocab_size": 151936, "tie_word_embeddings": True,
    },
    "qwen3": {
        "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 1024, "head_dim": 128,
        "intermediate_size": 3072, "num_hidden_layers": 4, "num_attention_heads": 16,
        "num_key_value_heads": 8, "vocab_size": 151936, "tie_word_embeddings": True,
    },
    "qwen3_moe": {
        "model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 6144, "moe_intermediate_size": 768, "num_experts": 128,
        "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": [0], "head_dim": 128,
        "num_hidden_layers": 3, "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 151936,
        "tie_word_embeddings": False,
    },
    "qwen2_moe": {
        "model_type": "qwen2_moe", "architectures": ["Qwen2MoeForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 5632, "moe_intermediate_size": 1408, "num_experts": 60,
        "num_experts_per_tok": 4, "shared_expert_intermediate_size": 5632, "num_hidden_layers": 2,
        "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 151936,
        "tie_word_embeddings": False,
    },
    "llama3": {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 8192, "num_hidden_layers": 4, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256, "tie_word_embeddings": True,
    },
    "mistral": {
        "model_type": "mistral", "architectures": ["MistralForCausalLM"], "hidden_size": 5120,
        "intermediate_size": 14336, "num_hidden_layers": 2, "num_attention_heads": 32, "head_dim": 128,
        "num_key_value_heads": 8, "vocab_size": 131072,
    },
    "mixtral": {
        "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 7168, "num_hidden_layers": 2, "num_attention_heads": 16,
        "num_key_value_heads": 8, "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 32000,
    },
    "gemma3": {
        "model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"],
        "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
                        "num_hidden_layers": 6, "sliding_window": 1024},
        "vision_config": VISION,
    },
    "gemma2": {
        "model_type": "gemma2", "architectures": ["Gemma2ForCausalLM"], "hidden_size": 2304,
        "intermediate_size": 9216, "num_hidden_layers": 3, "num_attention_heads": 8,
        "num_key_value_heads": 4, "vocab_size": 256000,
    },
    "glm4": {
        "model_type": "glm4", "architectures": ["Glm4ForCausalLM"], "hidden_size": 4096,
        "intermediate_size": 13696, "num_hidden_layers": 2, "num_attention_heads": 32, "head_dim": 128,
        "num_key_value_heads": 2, "vocab_size": 151552, "tie_word_embeddings": False,
    },
    "glm4_moe": {
        "model_type": "glm4_moe", "architectures": ["Glm4MoeForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 5472, "moe_intermediate_size": 704, "num_hidden_layers": 3, "head_dim": 128,
        "num_attention_heads": 48, "num_key_value_heads": 8, "n_routed_experts": 64, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 1, "use_qk_norm": True, "vocab_size": 151552,
        "tie_word_embeddings": False,
    },
    "phi4": {
        "model_type": "phi3", "architectures": ["Phi3ForCausalLM"], "hidden_size": 5120,
        "intermediate_size": 17920, "num_hidden_layers": 2, "num_attention_heads": 40,
        "num_key_value_heads": 10, "vocab_size": 100352, "tie_word_embeddings": False,
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3,
    },
    "deepseek_v2": {
        "model_type": "deepseek_v2", "architectures": ["DeepseekV2ForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 10944, "moe_intermediate_size": 1408, "num_hidden_layers": 3,
        "num_attention_heads": 16, "num_key_value_heads": 16, "n_routed_experts": 64, "n_shared_experts": 2,
        "num_experts_per_tok": 6, "first_k_dense_replace": 1, "q_lora_rank": None, "kv_lora_rank": 512,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 102400,
        "tie_word_embeddings": False,
    },
    "deepseek_v3": {
        "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_size": 1792,
        "intermediate_size": 4608, "moe_intermediate_size": 512, "num_hidden_layers": 4,
        "num_attention_heads": 32, "num_key_value_heads": 32, "n_routed_experts": 64, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 3, "q_lora_rank": 384, "kv_lora_rank": 128,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280,
        "n_group": 8, "topk_group": 4, "tie_word_embeddings": False,
    },
    "gpt_oss": {
        "model_type": "gpt_oss", "architectures": ["GptOssForCausalLM"], "hidden_size": 2880, "head_dim": 64,
        "intermediate_size": 2880, "num_hidden_layers": 2, "num_attention_heads": 64,
        "num_key_value_heads": 8, "num_local_experts": 32, "num_experts_per_tok": 4, "vocab_size": 201088,
        "tie_word_embeddings": False, "quantization_config": {"quant_method": "mxfp4"},
    },
    "ernie4_5_moe": {
        "model_type": "ernie4_5_moe", "architectures": ["Ernie4_5_MoeForCausalLM"], "hidden_size": 2560,
        "intermediate_size": 12288, "moe_intermediate_size": 1536, "num_hidden_layers": 3,
        "num_attention_heads": 20, "num_key_value_heads": 4, "moe_num_experts": 64, "moe_k": 6,
        "moe_num_shared_experts": 2, "moe_layer_start_index": 1, "vocab_size": 103424,
    },
    "llama4": {
        "model_type": "llama4", "architectures": ["Llama4ForConditionalGeneration"],
        "text_config": {"model_type": "llama4_text", "hidden_size": 1280, "intermediate_size": 2048,
                        "intermediate_size_mlp": 4096, "num_hidden_layers": 4, "num_attention_heads": 10,
                        "num_key_value_heads": 2, "head_dim": 128, "num_local_experts": 16,
                        "num_experts_per_tok": 1, "interleave_moe_layer_step": 2, "vocab_size": 202048},
        "vision_config": {"model_type": "llama4_vision_model", "hidden_size": 704, "intermediate_size": 2816,
                          "num_hidden_layers": 4, "num_attention_heads": 16, "vision_output_dim": 1024,
                          "projector_input_dim": 1024, "projector_output_dim": 1024},
    },
    "starcoder2": {
        "model_type": "starcoder2", "architectures": ["Starcoder2ForCausalLM"], "hidden_size": 3072,
        "intermediate_size": 12288, "num_hidden_layers": 3, "num_attention_heads": 24,
        "num_key_value_heads": 2, "vocab_size": 49152,
    },
    "olmo2": {
        "model_type": "olmo2", "architectures": ["Olmo2ForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 8192, "num_hidden_layers": 3, "num_attention_heads": 16,
        "num_key_value_heads": 16, "vocab_size": 100352, "tie_word_embeddings": False,
    },
    "qwen3_vl": {
        "model_type": "qwen3_vl", "architectures": ["Qwen3VLForConditionalGeneration"],
        "tie_word_embeddings": True,
        "text_config": {"model_type": "qwen3_vl_text", "hidden_size": 2048, "intermediate_size": 6144,
                        "num_hidden_layers": 4, "num_attention_heads": 16, "num_key_value_heads": 8,
                        "head_dim": 128, "vocab_size": 151936},
        "vision_config": {"model_type": "qwen3_vl", "depth": 8, "hidden_size": 1024,
                          "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2048,
                          "deepstack_visual_indexes": [2, 4, 6]},
    },
}  # fmt: skip
"""By a name of ours."""
NOT_IN_TRANSFORMERS: dict[str, tuple[Config, float]] = {
    "internlm2": ({
        "model_type": "internlm2", "architectures": ["InternLM2ForCausalLM"], "hidden_size": 2048,
        "intermediate_size": 8192, "num_hidden_layers": 24, "num_attention_heads": 16,
        "num_key_value_heads": 8, "vocab_size": 92544, "tie_word_embeddings": False,
        "auto_map": {"AutoModelForCausalLM": "modeling_internlm2.InternLM2ForCausalLM"},
    }, 1.89),
    "internlm3": ({
        "model_type": "internlm3", "architectures": ["InternLM3ForCausalLM"], "hidden_size": 4096,
        "intermediate_size": 10240, "num_hidden_layers": 48, "num_attention_heads": 32, "head_dim": 128,
        "num_key_value_heads": 2, "vocab_size": 128512, "tie_word_embeddings": False,
    }, 8.80),
    "minicpm": ({
        "model_type": "minicpm", "architectures": ["MiniCPMForCausalLM"], "hidden_size": 2304,
        "intermediate_size": 5760, "num_hidden_layers": 40, "num_attention_heads": 36,
        "num_key_value_heads": 36, "vocab_size": 122753, "tie_word_embeddings": True,
    }, 2.72),
    "minicpm3": ({
        "model_type": "minicpm3", "architectures": ["MiniCPM3ForCausalLM"], "hidden_size": 2560,
        "intermediate_size": 6400, "num_hidden_layers": 62, "num_attention_heads": 40,
        "num_key_value_heads": 40, "qk_nope_head_dim": 64, "qk_rope_head_dim": 32, "q_lora_rank": 768,
        "kv_lora_rank": 256, "vocab_size": 73448, "tie_word_embeddings": True,
    }, 4.07),
    "chatglm": ({
        "model_type": "chatglm", "architectures": ["ChatGLMModel"], "hidden_size": 4096,
        "ffn_hidden_size": 13696, "num_layers": 40, "num_attention_heads": 32, "kv_channels": 128,
        "multi_query_group_num": 2, "padded_vocab_size": 151552, "tie_word_embeddings": False,
    }, 9.40),
}  # fmt: skip
"""Families with code of their own, and the billions of weights that their pages or files say."""
