//! Pending effects, in order.

use super::wire::Vsn;
use super::{ChannelId, Effect};

pub(super) struct Outbox<D> {
    vsn: Vsn,
    /// There are few at any time, because they are taken after every step. A `VecDeque` would add more bytes than it
    /// saves time.
    effects: Vec<Effect<D>>,
    /// Numbers the messages. Continues across reconnections, so that replies are never mixed up.
    sent: u32,
}

impl<D> Outbox<D> {
    pub fn new(vsn: Vsn) -> Self {
        Self { vsn, effects: Vec::new(), sent: 0 }
    }

    pub fn push(&mut self, effect: Effect<D>) {
        self.effects.push(effect);
    }

    pub fn pop(&mut self) -> Option<Effect<D>> {
        (!self.effects.is_empty()).then(|| self.effects.remove(0))
    }

    /// Sends the join, whose number becomes the `join_ref` of all later messages on the channel.
    pub fn send_join(&mut self, topic: &str, payload: &str) -> String {
        let reference = self.next();
        self.push(Effect::Send(self.vsn.frame(Some(&reference), &reference, topic, "phx_join", payload)));
        reference
    }

    /// Sends any other message and returns its number.
    pub fn send(&mut self, join_ref: Option<&str>, topic: &str, event: &str, payload: &str) -> String {
        let reference = self.next();
        self.push(Effect::Send(self.vsn.frame(join_ref, &reference, topic, event, payload)));
        reference
    }

    fn next(&mut self) -> String {
        self.sent = self.sent.wrapping_add(1);
        self.sent.to_string()
    }

    /// Drops messages for a socket that is gone.
    pub fn unsend(&mut self) {
        self.effects.retain(|effect| !matches!(effect, Effect::Send(_)));
    }

    /// Drops the effects that concern a channel.
    pub fn silence(&mut self, channel: ChannelId) {
        self.effects.retain(|effect| effect.channel() != Some(channel));
    }

    /// Drops all effects except a pending disconnect.
    pub fn clear(&mut self) {
        self.effects.retain(|effect| matches!(effect, Effect::Disconnect));
    }
}
