//! The rooms that the application is in, and the pending notifications about them.
//!
//! A client is in a room once, regardless of how many of its components join it: they share one state.

use super::notice::Status;
use crate::data::Data;
use crate::error::Error;
use crate::realtime::{Member, OwnState, Patch};
use crate::uuid;
use std::collections::VecDeque;

/// The maximum number of characters of a name.
pub const MAX_NAME_LENGTH: usize = 100;

/// A notification's content.
pub enum RoomNews<D> {
    /// The status changed.
    Status(Status, Option<Error>),
    /// The others who are in the room now.
    Others(Vec<Member<D>>),
    /// A message: an object with `event` and `payload`.
    Message(D),
}

/// A notification about one room.
pub struct RoomNotification<D> {
    /// The room's number.
    pub room: u32,
    /// Its content.
    pub news: RoomNews<D>,
}

/// A room that the application is in, or wants to be.
pub struct JoinedRoom {
    /// The number that identifies it to the application.
    pub number: u32,
    /// The workflow's id.
    pub workflow: String,
    /// The name to show to the others.
    pub name: Option<String>,
    /// The state that the others see.
    pub state: OwnState,
    /// Identifies this tab to the others.
    pub tab: String,
    /// When it was joined (milliseconds since 1970).
    pub since_ms: f64,
    /// Its status.
    pub status: Status,
    /// The session's channel, once it is opened.
    pub channel: Option<u32>,
    /// How many components have joined it and not left.
    users: u32,
    /// Whether it was opened on behalf of a signed-in user.
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

/// The application's request to join a room.
pub struct Wish {
    /// The workflow's id.
    pub workflow: String,
    /// The user's display name.
    pub name: Option<String>,
    /// The initial state. Members that are already shown keep their values.
    pub state: Patch,
}

impl Wish {
    /// Checks the application's arguments.
    ///
    /// # Errors
    /// `INVALID_INPUT`, naming the invalid argument.
    pub fn new(workflow: &str, name: Option<String>, state: Patch) -> Result<Self, Error> {
        let workflow = uuid::canonical(workflow).ok_or_else(|| Error::invalid("workflowId", "a uuid"))?;
        if name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_LENGTH) {
            return Err(Error::invalid("name", "a text of at most 100 characters"));
        }
        Ok(Self { workflow, name, state })
    }
}

impl<D: Data> Rooms<D> {
    /// Joins a room, or adds a user to a room that is already joined. A new room gets `number` and the identifier of the
    /// tab. Returns the room's number.
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
            // The state that the others see stays unchanged, unless no room of this client shows it any more.
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

    /// Removes one user. The room remains until [`take_abandoned`](Self::take_abandoned): a component that leaves may
    /// join again in the same tick.
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

    /// Sets the status of the rooms that were not opened yet.
    pub fn set_waiting_status(&mut self, status: Status, error: &Error) {
        for number in self.waiting().map(|room| room.number).collect::<Vec<_>>() {
            self.set_status(number, status, Some(error.clone()));
        }
    }

    /// Sets the status of the room on this channel, if it is the channel of a room.
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

    /// Adds a notification about the room on this channel.
    pub fn tell(&mut self, channel: u32, news: RoomNews<D>) {
        let Some(room) = self.number_of(channel) else { return };
        if matches!(news, RoomNews::Others(_)) {
            // A pending list of the others is outdated.
            self.notifications.retain(|told| told.room != room || !matches!(told.news, RoomNews::Others(_)));
        }
        self.notifications.push_back(RoomNotification { room, news });
    }

    /// The next notification. Until it is known who is signed in, only statuses are delivered.
    pub fn next_told(&mut self, knows_user: bool) -> Option<RoomNotification<D>> {
        let is_told = |told: &RoomNotification<D>| knows_user || matches!(told.news, RoomNews::Status(..));
        let place = self.notifications.iter().position(is_told)?;
        self.notifications.remove(place)
    }

    /// Takes every room off its channel. With `keeps_owner`, opened rooms stay with their user.
    pub fn restart(&mut self, keeps_owner: bool) {
        for number in self.all.iter().map(|room| room.number).collect::<Vec<_>>() {
            let Some(room) = self.get_mut(number) else { continue };
            room.is_owned = room.is_owned && keeps_owner;
            self.suspend(number);
        }
    }

    /// Takes the room of this workflow off its channel, to be opened again. Returns the channel.
    pub fn take_off(&mut self, workflow: &str) -> Option<u32> {
        let number = self.all.iter().find(|room| room.workflow == workflow)?.number;
        self.suspend(number)
    }

    fn suspend(&mut self, number: u32) -> Option<u32> {
        let room = self.get_mut(number)?;
        let was_live = room.status == Status::Live;
        let channel = room.channel.take();
        self.notifications.retain(|told| told.room != number || matches!(told.news, RoomNews::Status(..)));
        self.notifications.push_back(RoomNotification { room: number, news: RoomNews::Others(Vec::new()) });
        if was_live {
            self.set_status(number, Status::Reconnecting, None);
        }
        channel
    }

    /// Ends the previous user's rooms, or all of them.
    pub fn end(&mut self, only_owned: bool, error: &Error) {
        let ended: Vec<u32> =
            self.all.iter().filter(|room| room.is_owned || !only_owned).map(|room| room.number).collect();
        // Pending notifications are obsolete.
        self.notifications.retain(|told| !ended.contains(&told.room));
        for number in ended {
            self.set_status(number, Status::Closed, Some(error.clone()));
        }
        self.forget_closed();
    }

    /// Returns their channels.
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
    /// Assigns this channel to the room, as the signed-in user.
    pub fn open(&mut self, channel: u32) {
        (self.channel, self.is_owned) = (Some(channel), true);
    }
}
