//! Joining and leaving rooms, the state shown there, and messages.

use super::live::Live;
use super::Engine;
use crate::error::Error;
use crate::platform::Platform;
use crate::realtime::{is_event_name, Patch, RoomJoin};
use crate::subscriptions::{RoomNews, RoomNotification, Wish, MAX_NAME_LENGTH};
use std::rc::Rc;

/// The prefix of a room's topic, followed by the workflow's id.
const TOPIC: &str = "workflow:";

impl<P: Platform> Engine<P> {
    /// Joins the room of a workflow. Returns the room's number, which is the same for all who join it.
    ///
    /// # Errors
    /// `INVALID_INPUT` when the state is too large.
    pub fn join_room(self: &Rc<Self>, wish: Wish) -> Result<u32, Error> {
        let number = {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let new = live.next_number();
            let since_ms = self.platform.now().wall_ms;
            let number = live.rooms.join(wish, new, || self.platform.uuid(), since_ms)?;
            self.show_own_state(live, number);
            number
        };
        self.open_soon();
        self.drive();
        Ok(number)
    }

    /// Removes one user of the room. The last one ends it, unless it is joined again in the same tick.
    pub fn leave_room(self: &Rc<Self>, number: u32) {
        self.state.borrow_mut().live.rooms.leave(number);
        let engine = Rc::downgrade(self);
        let tick = self.platform.tick();
        self.platform.spawn(async move {
            tick.await;
            let Some(engine) = engine.upgrade() else { return };
            {
                let mut state = engine.state.borrow_mut();
                let live = &mut state.live;
                for channel in live.rooms.take_abandoned() {
                    live.session.close(engine.step(), channel);
                }
                // The new timer no longer keeps a Node process from ending if this was the last room.
                live.forget_wake();
            }
            engine.drive();
        });
    }

    /// Leaves the room of a workflow that the user may no longer enter, and lets the server decide whether to open it again.
    pub(super) fn reenter_room(self: &Rc<Self>, workflow: &str) {
        {
            let live = &mut self.state.borrow_mut().live;
            let Some(channel) = live.rooms.take_off(workflow) else { return };
            live.session.close(self.step(), channel);
        }
        self.open_soon();
    }

    /// Merges `patch` into the state that the others see.
    ///
    /// # Errors
    /// `INVALID_INPUT` when the state is too large; nothing changes then.
    pub fn set_room_state(self: &Rc<Self>, number: u32, patch: Patch) -> Result<(), Error> {
        {
            let mut state = self.state.borrow_mut();
            let live = &mut state.live;
            let Some(room) = live.rooms.get_mut(number) else { return Ok(()) };
            room.state = room.state.merged(patch)?;
            self.show_own_state(live, number);
        }
        self.drive();
        Ok(())
    }

    /// Sends a message with a JSON payload to the others. Returns whether it was sent, which requires that the room is live.
    ///
    /// # Errors
    /// `INVALID_INPUT` for an event's name that is empty, or the package's own.
    pub fn send_to_room(self: &Rc<Self>, number: u32, event: &str, payload: &str) -> Result<bool, Error> {
        if !is_event_name(event) {
            return Err(Error::invalid("event", "a name that is not the package's own"));
        }
        let is_sent = {
            let live = &mut self.state.borrow_mut().live;
            let channel = live.rooms.get_mut(number).and_then(|room| room.channel);
            channel.is_some_and(|channel| live.session.send_message(channel, event, payload))
        };
        self.drive();
        Ok(is_sent)
    }

    pub(super) fn tell_room(&self, channel: u32, news: RoomNews<P::Data>) {
        self.state.borrow_mut().live.rooms.tell(channel, news);
    }

    pub(super) fn next_told_of_rooms(&self) -> Option<RoomNotification<P::Data>> {
        let mut state = self.state.borrow_mut();
        let knows_user = state.auth.knows_user();
        state.live.rooms.next_told(knows_user)
    }

    fn show_own_state(&self, live: &mut Live<P::Data>, number: u32) {
        let Some(room) = live.rooms.get_mut(number) else { return };
        if let Some(channel) = room.channel {
            live.session.show_state(self.step(), channel, room.state.json());
        }
    }

    /// Opens the pending rooms as the signed-in user.
    pub(super) fn open_rooms(&self) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let (user, known_name) = match state.auth.user() {
            Some(user) => (user.user_id(), user.name()),
            None => (None, None),
        };
        let live = &mut state.live;
        while live.rooms.is_waiting() {
            let channel = live.next_number();
            let Some(room) = live.rooms.waiting().next() else { return };
            room.open(channel);
            let name = room.name.as_ref().or(known_name.as_ref()).map_or("", String::as_str);
            let join = RoomJoin {
                topic: [TOPIC, &room.workflow].concat(),
                user: user.clone().unwrap_or_else(|| room.tab.clone()),
                tab: room.tab.clone(),
                name: name.chars().take(MAX_NAME_LENGTH).collect(),
                since_ms: room.since_ms,
                state: room.state.json(),
            };
            live.session.open_room(self.step(), channel, join);
        }
    }
}
