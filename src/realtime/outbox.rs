//! What is to be done next, in order.

use super::wire::Vsn;
use super::{ChannelId, Effect};

pub(super) struct Outbox<D> {
    vsn: Vsn,
    /// Few at any time, as they are taken after every step; a `VecDeque` weighs more than it saves.
    effects: Vec<Effect<D>>,
    /// Numbers what is sent. Goes on through reconnections, so that no answer is taken for another's.
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

    /// Sends the join itself, whose number is then the `join_ref` of all that follows on the channel.
    pub fn send_join(&mut self, topic: &str, payload: &str) -> String {
        let reference = self.next();
        self.push(Effect::Send(self.vsn.frame(Some(&reference), &reference, topic, "phx_join", payload)));
        reference
    }

    /// Sends anything else, and answers its number.
    pub fn send(&mut self, join_ref: Option<&str>, topic: &str, event: &str, payload: &str) -> String {
        let reference = self.next();
        self.push(Effect::Send(self.vsn.frame(join_ref, &reference, topic, event, payload)));
        reference
    }

    fn next(&mut self) -> String {
        self.sent = self.sent.wrapping_add(1);
        self.sent.to_string()
    }

    /// Drops what was to be sent on a socket that is gone.
    pub fn unsend(&mut self) {
        self.effects.retain(|effect| !matches!(effect, Effect::Send(_)));
    }

    /// Drops what was to be told of a channel.
    pub fn silence(&mut self, channel: ChannelId) {
        self.effects.retain(|effect| effect.channel() != Some(channel));
    }

    /// Drops everything but the duty to close a socket.
    pub fn clear(&mut self) {
        self.effects.retain(|effect| matches!(effect, Effect::Disconnect));
    }
}
