// Frames of Realtime's serialization 2.0.0: `[join_ref, ref, topic, event, payload]`, whose first three members are strings or null.

/** The parts of a frame that are needed to forward it. */
export interface Frame {
  /** The reference of the join that it belongs to, or null. */
  readonly join: string | null;
  readonly reference: string | null;
  readonly topic: string;
  /** Everything after the topic, with the comma before it. */
  readonly rest: string;
}

const HEADER = /^\[\s*(null|"[^"\\]*")\s*,\s*(null|"[^"\\]*")\s*,\s*"([^"\\]*)"/;

/** Parses the header of a frame. Undefined if the text is not a frame. */
export function readFrame(text: string): Frame | undefined {
  const header = HEADER.exec(text);
  if (header === null) return undefined;
  const [whole, join, reference, topic] = header;
  return {
    join: unquoted(join!),
    reference: unquoted(reference!),
    topic: topic!,
    rest: text.slice(whole.length),
  };
}

/** The text of a frame. */
export function writeFrame({ join, reference, topic, rest }: Frame): string {
  return `[${quoted(join)},${quoted(reference)},"${topic}"${rest}`;
}

function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

function unquoted(text: string): string | null {
  return text === 'null' ? null : text.slice(1, -1);
}
