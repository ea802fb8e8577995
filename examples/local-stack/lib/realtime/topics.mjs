// @ts-check
import { randomBytes } from 'node:crypto';

/** @typedef {import('./channel.mjs').Channel} Channel */
/** @typedef {{ phx_ref: string, [name: string]: unknown }} Meta */

/** The shared state of all channels with one topic: presence and broadcasts. */
class Topic {
  /** The channels, each with its presence entry, if it has one. @type {Map<Channel, Meta | null>} */
  members = new Map();

  /** Everyone who is present, by key. */
  state() {
    /** @type {Record<string, { metas: Meta[] }>} */
    const state = {};
    for (const [{ presenceKey }, meta] of this.members) {
      if (meta) (state[presenceKey] ??= { metas: [] }).metas.push(meta);
    }
    return state;
  }

  /** @param {string} key @param {Meta | null} joined @param {Meta | null} left */
  differ(key, joined, left) {
    const of = (/** @type {Meta | null} */ meta) => (meta ? { [key]: { metas: [meta] } } : {});
    const diff = JSON.stringify({ joins: of(joined), leaves: of(left) });
    for (const channel of this.members.keys()) {
      if (channel.policies.presence.read) channel.pass('presence_diff', diff);
    }
  }
}

/** Broadcast and presence among the channels of all sockets. Private and public channels share nothing. */
export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();

  /** @param {Channel} channel */
  join(channel) {
    const topic = this.#topics.get(channel.group) ?? new Topic();
    this.#topics.set(channel.group, topic);
    topic.members.set(channel, null);
    if (channel.policies.presence.read) channel.tell('presence_state', JSON.stringify(topic.state()));
  }

  /** @param {Channel} channel */
  leave(channel) {
    const topic = this.#topics.get(channel.group);
    const left = topic?.members.get(channel);
    if (!topic?.members.delete(channel)) return;
    if (left) topic.differ(channel.presenceKey, null, left);
    if (topic.members.size === 0) this.#topics.delete(channel.group);
  }

  /** @param {Channel} channel @param {object} payload */
  track(channel, payload) {
    const topic = this.#topics.get(channel.group);
    const before = topic?.members.get(channel);
    if (before === undefined || !topic) return;
    const { phx_ref: _, phx_ref_prev: __, ...shown } = before ?? {};
    if (before && JSON.stringify(shown) === JSON.stringify(payload)) return;
    const phxRef = randomBytes(12).toString('base64url');
    const meta = { phx_ref: phxRef, ...(before && { phx_ref_prev: before.phx_ref }), ...payload };
    topic.members.set(channel, meta);
    topic.differ(channel.presenceKey, meta, before);
  }

  /** @param {Channel} channel */
  untrack(channel) {
    const topic = this.#topics.get(channel.group);
    const left = topic?.members.get(channel);
    if (!topic || !left) return;
    topic.members.set(channel, null);
    topic.differ(channel.presenceKey, null, left);
  }

  /**
   * @param {Channel} from
   * @param {string | import('./wire.mjs').UserBroadcast} message a payload as JSON, or the content of a binary frame
   */
  broadcast(from, message) {
    for (const channel of this.#topics.get(from.group)?.members.keys() ?? []) {
      if (!channel.policies.broadcast.read || (channel === from && !from.hearsItself)) continue;
      if (typeof message === 'string') channel.pass('broadcast', message);
      else channel.passBinary(message);
    }
  }
}
