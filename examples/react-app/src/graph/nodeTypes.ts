import type { IconName } from '../ui/Icon';

/** The color family of a node. */
export type Tone = 'input' | 'text' | 'image' | 'audio' | 'video' | 'finish';

export interface NodeType {
  name: string;
  icon: IconName;
  tone: Tone;
}

/** The types of steps that the app offers, by `node_type`. */
export const NODE_TYPES: Readonly<Record<string, NodeType>> = {
  text_input: { name: 'Text input', icon: 'pencilText', tone: 'input' },
  image_input: { name: 'Image input', icon: 'inbox', tone: 'input' },
  audio_input: { name: 'Audio input', icon: 'inbox', tone: 'input' },
  table_input: { name: 'Table input', icon: 'table', tone: 'input' },
  prompt_builder: { name: 'Prompt builder', icon: 'edit', tone: 'text' },
  llm_text: { name: 'Text generation', icon: 'spark', tone: 'text' },
  speech_to_text: { name: 'Speech to text', icon: 'voice', tone: 'text' },
  image_generation: { name: 'Image generation', icon: 'image', tone: 'image' },
  background_removal: { name: 'Background removal', icon: 'scissors', tone: 'image' },
  image_upscale: { name: 'Image upscale', icon: 'fit', tone: 'image' },
  brand_overlay: { name: 'Brand overlay', icon: 'layers', tone: 'image' },
  voice_over: { name: 'Voice-over', icon: 'voice', tone: 'audio' },
  music_bed: { name: 'Music bed', icon: 'music', tone: 'audio' },
  video_generation: { name: 'Video generation', icon: 'video', tone: 'video' },
  video_composer: { name: 'Video composer', icon: 'video', tone: 'video' },
  quality_check: { name: 'Quality check', icon: 'shield', tone: 'finish' },
  output: { name: 'Output', icon: 'output', tone: 'finish' },
};

/** An unknown type is shown under its own name. */
export function nodeType(type: string): NodeType {
  return NODE_TYPES[type] ?? { name: type.replaceAll('_', ' '), icon: 'step', tone: 'finish' };
}
