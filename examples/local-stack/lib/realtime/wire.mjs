// @ts-check

/**
 * A message of the Phoenix channel protocol.
 *
 * @typedef {object} Message
 * @property {unknown} joinRef
 * @property {unknown} ref
 * @property {string} topic
 * @property {string} event
 * @property {any} payload
 */

/** Both serializations of the protocol: objects (1.0.0, and without a version) and arrays (2.0.0). */
export const VERSIONS = Object.freeze([null, '1.0.0', '2.0.0']);

/**
 * @param {string | null} version
 * @param {string} text one frame
 * @returns {Message}
 * @throws {Error} if the version does not allow the frame
 */
export function decode(version, text) {
  const frame = JSON.parse(text);
  if (version === '2.0.0') {
    if (!Array.isArray(frame) || frame.length !== 5) throw new TypeError('Not a frame of version 2.0.0.');
    const [joinRef, ref, topic, event, payload] = frame;
    return checked({ joinRef, ref, topic, event, payload });
  }
  const { topic, event, payload, ref = null, join_ref: joinRef = null } = frame;
  return checked({ joinRef, ref, topic, event, payload });
}

/** @param {Message} message */
function checked(message) {
  if (typeof message.topic !== 'string' || typeof message.event !== 'string') {
    throw new TypeError('A message has a topic and an event.');
  }
  return message;
}

/**
 * Version 1.0.0 never sends join_ref to clients.
 *
 * @param {string | null} version
 * @param {Omit<Message, 'payload'>} head
 * @param {string} payload JSON, forwarded unchanged: it may contain numbers that JavaScript cannot represent
 * @returns {string}
 */
export function encode(version, { joinRef, ref, topic, event }, payload) {
  const [topicText, eventText, refText] = [topic, event, ref ?? null].map((value) => JSON.stringify(value));
  return version === '2.0.0'
    ? `[${JSON.stringify(joinRef ?? null)},${refText},${topicText},${eventText},${payload}]`
    : `{"event":${eventText},"payload":${payload},"ref":${refText},"topic":${topicText}}`;
}

/** The kinds of binary frames, and how their payloads are encoded. */
const PUSH = 3;
const BROADCAST = 4;
const JSON_ENCODING = 1;

/**
 * A broadcast in the binary frame format of version 2.0.0: its payload may be any bytes.
 *
 * @typedef {{ event: string, encoding: number, payload: Buffer }} UserBroadcast
 */

/**
 * Reads the only binary frame that clients send.
 *
 * @param {string | null} version
 * @param {Buffer} frame
 * @returns {Message & { payload: UserBroadcast }}
 * @throws {Error} for any other
 */
export function decodeBinary(version, frame) {
  const [kind, joinRefSize, refSize, topicSize, eventSize, metadataSize, encoding] = frame;
  let at = 7;
  const end = at + joinRefSize + refSize + topicSize + eventSize + metadataSize;
  if (version !== '2.0.0' || kind !== PUSH || !(end <= frame.length)) throw new TypeError('Not a broadcast.');
  const [joinRef, ref, topic, event] = [joinRefSize, refSize, topicSize, eventSize].map((size) =>
    frame.toString('utf8', at, (at += size)),
  );
  return {
    joinRef,
    ref,
    topic,
    event: 'broadcast',
    payload: { event, encoding, payload: frame.subarray(end) },
  };
}

/**
 * The broadcast for clients with version 2.0.0.
 *
 * @param {string} topic
 * @param {UserBroadcast} message
 */
export function encodeBinary(topic, { event, encoding, payload }) {
  const [topicBytes, eventBytes] = [topic, event].map((text) => Buffer.from(text));
  const head = Buffer.from([BROADCAST, topicBytes.length, eventBytes.length, 0, encoding]);
  return Buffer.concat([head, topicBytes, eventBytes, payload]);
}

/**
 * The broadcast for clients with version 1.0.0, which supports only JSON.
 *
 * @param {UserBroadcast} message
 * @returns {string | null} the payload; null if it is not JSON
 */
export function broadcastJson({ event, encoding, payload }) {
  if (encoding !== JSON_ENCODING) return null;
  return `{"event":${JSON.stringify(event)},"payload":${payload},"type":"broadcast"}`;
}
