// @ts-check

/** Settings, cost and output of each kind of node, so that graphs and runs look realistic. */

/** @typedef {{ config: object, ms: [number, number], calls: number, output: object, failure?: string }} NodeType */

/** @type {Record<string, NodeType>} */
export const NODE_TYPES = {
  text_input: { config: { multiline: true }, ms: [2, 9], calls: 0, output: { text: 'Brief, 412 words' } },
  image_input: { config: { accept: ['png', 'jpg'] }, ms: [4, 30], calls: 0, output: { images: 6 } },
  audio_input: { config: { accept: ['mp3', 'wav'] }, ms: [5, 40], calls: 0, output: { seconds: 1830 } },
  table_input: { config: { format: 'csv', header: true }, ms: [6, 35], calls: 0, output: { rows: 48 } },
  prompt_builder: {
    config: { template: '{{product}} in {{scene}}, {{mood}} light, 35mm', seed: 42 },
    ms: [3, 12],
    calls: 0,
    output: { prompts: 4 },
  },
  llm_text: {
    config: { model: 'llama-3.3-70b', temperature: 0.7, max_tokens: 800 },
    ms: [900, 4200],
    calls: 1,
    output: { text: 'Made for mornings that start before you do.', tokens: 212 },
    failure: 'Model answered with status 429: rate limit reached',
  },
  speech_to_text: {
    config: { model: 'whisper-large-v3', language: 'auto' },
    ms: [4000, 15000],
    calls: 1,
    output: { segments: 164, language: 'en' },
    failure: 'Audio could not be decoded',
  },
  image_generation: {
    config: { model: 'flux-1.1-pro', width: 1024, height: 1024, steps: 28, guidance: 3.5 },
    ms: [3500, 14000],
    calls: 4,
    output: { images: 4, nsfw: 0 },
    failure: 'Generation timed out after 60 s',
  },
  background_removal: {
    config: { model: 'birefnet', edge: 'soft' },
    ms: [600, 2400],
    calls: 1,
    output: { images: 4, format: 'png' },
  },
  image_upscale: {
    config: { model: 'real-esrgan', factor: 2 },
    ms: [1500, 6000],
    calls: 1,
    output: { width: 2048, height: 2048 },
    failure: 'Out of memory on the worker',
  },
  brand_overlay: {
    config: { logo: 'bottom-right', margin: 32, use_brand_settings: true },
    ms: [80, 300],
    calls: 0,
    output: { images: 4 },
  },
  video_generation: {
    config: { model: 'kling-v1.6', seconds: 5, fps: 24, aspect_ratio: '9:16' },
    ms: [28000, 95000],
    calls: 1,
    output: { seconds: 5, fps: 24 },
    failure: 'Provider refused the prompt',
  },
  voice_over: {
    config: { voice: 'warm-narrator', speed: 1.05, format: 'mp3' },
    ms: [1800, 7000],
    calls: 1,
    output: { seconds: 27.4 },
    failure: 'Voice is not available in this language',
  },
  music_bed: {
    config: { mood: 'uplifting', bpm: 104, loop: true },
    ms: [2500, 8000],
    calls: 1,
    output: { seconds: 30 },
  },
  video_composer: {
    config: { resolution: '1080x1920', transitions: 'cut', captions: true },
    ms: [6000, 24000],
    calls: 0,
    output: { seconds: 30, size_mb: 18.2 },
    failure: 'Encoder ended unexpectedly',
  },
  quality_check: {
    config: { minimum_score: 0.75, checks: ['text', 'faces', 'brand colors'] },
    ms: [400, 1600],
    calls: 1,
    output: { score: 0.88, passed: true },
    failure: 'Score 0.61 is below the minimum of 0.75',
  },
  output: {
    config: { destination: 'library', notify: true },
    ms: [40, 200],
    calls: 0,
    output: { saved: true },
  },
};
