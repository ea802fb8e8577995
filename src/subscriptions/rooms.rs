//! The rooms that the application is in, and what it is to be told of them.
//!
//! A client is in a room once, however many of its components join it: they show one state together.

use super::notice::Status;
use crate::data::Data;
use crate::error::Error;
use crate::realtime::{Member, OwnState, Patch};
use crate::uuid;
use std::collections::VecDeque;

/// Most characters of a name.
pub const MAX_NAME_LENGTH: usize = 100;

/// Something to tell of a room.
pub enum RoomNews<D> {
    /// It stands otherwise than before.
    Status(Status, Option<Error>),
    /// These are the others in it now.
    Others(Vec<Member<D>>),
    /// A message: an object with `event` and `payload`.
    Message(D),
}

/// What is told of which room.
pub struct RoomNotification<D> {
    /// The room's number.
    pub room: u32,
    /// What is told.
    pub news: RoomNews<D>,
}

/// A room that the application is in, or wants to be.
pub struct JoinedRoom {
    /// By this number the application's side knows it.
    pub number: u32,
    /// The workflow's id.
    pub workflow: String,
    /// How the user wants to be called.
    pub name: Option<String>,
    /// What is shown to the others.
    pub state: OwnState,
    /// Names this tab to the others.
    pub tab: String,
    /// When it was joined (milliseconds since 1970).
    pub since_ms: f64,
    /// How it stands.
    pub status: Status,
    /// The session's channel, once it is opened.
    pub channel: Option<u32>,
    /// How many joined it and did not leave.
    users: u32,
    /// Whether it was opened as the user's who is signed in.
    is_owned: bool,
}

/// All rooms of a client.
pub struct Rooms<D> {
    all: Vec<JoinedRoom>,
    notifications: VecDeque<RoomNotification<D>>,
}

impl<D> Default for Rooms<D> {
    fn default() -> Self {
        Self { all: Vec::new(), notifications: VecDeque::new() }
    }
}

/// What the application wants of a room.
pub struct Wish {
    /// The workflow's id.
    pub workflow: String,
    /// How the user wants to be called.
    pub name: Option<String>,
    /// What to show, unless something is shown already.
    pub state: Patch,
}

impl Wish {
    /// Checks what the application says.
    ///
    /// # Errors
    /// `INVALID_INPUT` naming what was refused.
    pub fn new(workflow: &str, name: Option<String>, state: Patch) -> Result<Self, Error> {
        let workflow = uuid::canonical(workflow).ok_or_else(|| Error::invalid("workflowId", "a uuid"))?;
        if name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_LENGTH) {
            return Err(Error::invalid("name", "a text of at most 100 characters"));
        }
        Ok(Self { workflow, name, state })
    }
}

impl<D: Data> Rooms<D> {
    /// Joins a room: one that is joined already is joined once more. Otherwise the room is new: it gets `number`, and the tab's
    /// name there. Answers the number.
    ///
    /// # Errors
    /// `INVALID_INPUT` when the state would be too large.
    pub fn join(
        &mut self,
        wish: Wish,
        number: u32,
        tab: impl FnOnce() -> String,
        since_ms: f64,
    ) -> Result<u32, Error> {
        if let Some(room) = self.all.iter_mut().find(|room| room.workflow == wish.workflow) {
            // What the others see stays as it is, unless nothing here shows it any more.
            let is_left = room.users == 0;
            let state =
                if is_left { room.state.merged(wish.state) } else { room.state.completed(wish.state) };
            room.state = state?;
            room.users += 1;
            return Ok(room.number);
        }
        self.all.push(JoinedRoom {
            number,
            state: OwnState::default().merged(wish.state)?,
            workflow: wish.workflow,
            name: wish.name,
            tab: tab(),
            since_ms,
            status: Status::Connecting,
            channel: None,
            users: 1,
            is_owned: false,
        });
        Ok(number)
    }

    /// Removes one user. Nothing happens before [`take_abandoned`](Self::take_abandoned): a component that leaves may join
    /// again in the same tick.
    pub fn leave(&mut self, number: u32) {
        if let Some(room) = self.get_mut(number) {
            room.users = room.users.saturating_sub(1);
        }
    }

    /// Ends the rooms without users. Returns their channels.
    pub fn take_abandoned(&mut self) -> Vec<u32> {
        let is_abandoned = |room: &&JoinedRoom| room.users == 0;
        for number in self.all.iter().filter(is_abandoned).map(|room| room.number).collect::<Vec<_>>() {
            self.notifications.retain(|told| told.room != number);
            self.set_status(number, Status::Closed, None);
        }
        self.forget_closed()
    }

    /// The room with this number.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut JoinedRoom> {
        self.all.iter_mut().find(|room| room.number == number)
    }

    /// The rooms that were not opened yet.
    pub fn waiting(&mut self) -> impl Iterator<Item = &mut JoinedRoom> {
        self.all.iter_mut().filter(|room| room.channel.is_none() && room.users > 0)
    }

    /// Whether there are any.
    pub fn is_waiting(&self) -> bool {
        self.all.iter().any(|room| room.channel.is_none() && room.users > 0)
    }

    /// Those that wait to be opened stand otherwise.
    pub fn set_waiting_status(&mut self, status: Status, error: &Error) {
        for number in self.waiting().map(|room| room.number).collect::<Vec<_>>() {
            self.set_status(number, status, Some(error.clone()));
        }
    }

    /// The room of a channel stands otherwise, if the channel is one of a room.
    pub fn set_channel_status(&mut self, channel: u32, status: Status, error: Option<&Error>) {
        if let Some(number) = self.number_of(channel) {
            self.set_status(number, status, error.cloned());
        }
    }

    fn set_status(&mut self, number: u32, status: Status, error: Option<Error>) {
        if let Some(room) = self.get_mut(number).filter(|room| room.status != status) {
            room.status = status;
            self.notifications
                .push_back(RoomNotification { room: number, news: RoomNews::Status(status, error) });
        }
    }

    /// Something of a channel is to be told.
    pub fn tell(&mut self, channel: u32, news: RoomNews<D>) {
        let Some(room) = self.number_of(channel) else { return };
        if matches!(news, RoomNews::Others(_)) {
            // What was not told yet is old.
            self.notifications.retain(|told| told.room != room || !matches!(told.news, RoomNews::Others(_)));
        }
        self.notifications.push_back(RoomNotification { room, news });
    }

    /// What is to be told next. Who is there and what they sent waits while it is open who is signed in.
    pub fn next_told(&mut self, knows_user: bool) -> Option<RoomNotification<D>> {
        let is_told = |told: &RoomNotification<D>| knows_user || matches!(told.news, RoomNews::Status(..));
        let place = self.notifications.iter().position(is_told)?;
        self.notifications.remove(place)
    }

    /// Takes every room off its channel. With `keeps_owner`, those that were opened stay with their user.
    pub fn restart(&mut self, keeps_owner: bool) {
        for number in self.all.iter().map(|room| room.number).collect::<Vec<_>>() {
            let Some(room) = self.get_mut(number) else { continue };
            let was_live = room.status == Status::Live;
            room.channel = None;
            room.is_owned = room.is_owned && keeps_owner;
            self.notifications
                .retain(|told| told.room != number || matches!(told.news, RoomNews::Status(..)));
            self.notifications
                .push_back(RoomNotification { room: number, news: RoomNews::Others(Vec::new()) });
            if was_live {
                self.set_status(number, Status::Reconnecting, None);
            }
        }
    }

    /// Ends the rooms of the user who was signed in, or all of them.
    pub fn end(&mut self, only_owned: bool, error: &Error) {
        let ended: Vec<u32> =
            self.all.iter().filter(|room| room.is_owned || !only_owned).map(|room| room.number).collect();
        // Pending notifications are of no use any more.
        self.notifications.retain(|told| !ended.contains(&told.room));
        for number in ended {
            self.set_status(number, Status::Closed, Some(error.clone()));
        }
        self.forget_closed();
    }

    /// Answers their channels.
    fn forget_closed(&mut self) -> Vec<u32> {
        let is_closed = |room: &JoinedRoom| room.status == Status::Closed;
        let channels =
            self.all.iter().filter(|room| is_closed(room)).filter_map(|room| room.channel).collect();
        self.all.retain(|room| !is_closed(room));
        channels
    }

    fn number_of(&self, channel: u32) -> Option<u32> {
        self.all.iter().find(|room| room.channel == Some(channel)).map(|room| room.number)
    }
}

impl JoinedRoom {
    /// It is opened on this channel, as the user's who is signed in.
    pub fn open(&mut self, channel: u32) {
        (self.channel, self.is_owned) = (Some(channel), true);
    }
}
