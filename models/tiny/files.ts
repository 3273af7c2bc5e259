import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tinyConfig, tinyImageTokens } from "./config.ts";
import { tinyTokenizer, tinyVocabulary } from "./tokenizer.ts";

/**
 * SmolVLM's prompt, shorter: no space after the role, so that a rendered conversation is a prompt, a response and the end token laid
 * end to end, which is what training puts together. Content may be a string or parts.
 */
const CHAT_TEMPLATE = `<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}:\
{% if message['content'] is string %}{{ message['content'] }}{% else %}\
{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}\
{% endif %}<end_of_utterance>
{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}`;

/**
 * Writes the tiny preset as a Hugging Face checkpoint folder, all but its weights: the same bytes every time.
 * The folder is made where it is missing; files in it are replaced.
 */
export async function writeTinyFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(tinyFiles())) await writeFile(join(folder, name), content);
}

/** Content of every file by its name. */
function tinyFiles(): Record<string, string> {
  const { tokens } = tinyVocabulary();
  const id = (token: string) => tokens.indexOf(token);
  const special = { bos_token_id: id("<|im_start|>"), eos_token_id: id("<end_of_utterance>"), pad_token_id: id("<|im_end|>") };
  return {
    "config.json": json(modelConfig(tokens.length, special, id("<image>"))),
    "generation_config.json": json({ do_sample: false, ...special }),
    "preprocessor_config.json": json(imageConfig()),
    "processor_config.json": json({ processor_class: "SmolVLMProcessor", image_seq_len: tinyImageTokens() }),
    "tokenizer.json": json(tinyTokenizer()),
    "tokenizer_config.json": json({
      bos_token: "<|im_start|>",
      clean_up_tokenization_spaces: false,
      eos_token: "<end_of_utterance>",
      model_max_length: tinyConfig.text.max_position_embeddings,
      pad_token: "<|im_end|>",
      padding_side: "left",
      tokenizer_class: "PreTrainedTokenizerFast",
    }),
    "chat_template.jinja": CHAT_TEMPLATE,
  };
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function modelConfig(vocabSize: number, special: Record<string, number>, imageToken: number): object {
  const { rope_theta, ...text } = tinyConfig.text;
  return {
    architectures: ["SmolVLMForConditionalGeneration"],
    dtype: "float32",
    image_token_id: imageToken,
    model_type: "smolvlm",
    pad_token_id: special.pad_token_id,
    scale_factor: tinyConfig.scale_factor,
    text_config: {
      attention_bias: false,
      attention_dropout: 0.0,
      ...special,
      hidden_act: "silu",
      initializer_range: tinyConfig.initializer_range,
      mlp_bias: false,
      model_type: "llama",
      ...text,
      rope_parameters: { rope_theta, rope_type: "default" },
      tie_word_embeddings: true,
      use_cache: true,
      vocab_size: vocabSize,
    },
    tie_word_embeddings: true,
    use_cache: true,
    vision_config: {
      attention_dropout: 0.0,
      hidden_act: "gelu_pytorch_tanh",
      initializer_range: tinyConfig.initializer_range,
      layer_norm_eps: 1e-6,
      model_type: "smolvlm_vision",
      num_channels: 3,
      ...tinyConfig.vision,
    },
  };
}

function imageConfig(): object {
  const edge = { longest_edge: tinyConfig.vision.image_size };
  return {
    do_convert_rgb: true,
    do_image_splitting: false,
    do_normalize: true,
    do_pad: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [0.1, 0.1, 0.1],
    image_processor_type: "SmolVLMImageProcessor",
    image_std: [0.3, 0.3, 0.3],
    max_image_size: edge,
    processor_class: "SmolVLMProcessor",
    resample: 1,
    rescale_factor: 1 / 255,
    size: edge,
  };
}
