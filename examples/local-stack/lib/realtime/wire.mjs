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

/** Both serialisations of the protocol: objects (1.0.0, and without a version) and arrays (2.0.0). */
export const VERSIONS = Object.freeze([null, '1.0.0', '2.0.0']);

/**
 * @param {string | null} version
 * @param {string} text one frame
 * @returns {Message}
 * @throws {Error} for what the version does not allow
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
 * Version 1.0.0 never tells a client its own join_ref.
 *
 * @param {string | null} version
 * @param {Omit<Message, 'payload'>} head
 * @param {string} payload JSON, passed on as it is: it may hold numbers that JavaScript cannot
 * @returns {string}
 */
export function encode(version, { joinRef, ref, topic, event }, payload) {
  const [topicText, eventText, refText] = [topic, event, ref ?? null].map((value) => JSON.stringify(value));
  return version === '2.0.0'
    ? `[${JSON.stringify(joinRef ?? null)},${refText},${topicText},${eventText},${payload}]`
    : `{"event":${eventText},"payload":${payload},"ref":${refText},"topic":${topicText}}`;
}
