//! The rooms of a client and what is to be reported about them.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::json;
use workflow_db::error::{code, Error};
use workflow_db::subscriptions::{RoomNews, Rooms, Status, Wish};

fn join(rooms: &mut Rooms<Json>, number: u32) {
    let wish = Wish::new(&uuid_of(&number.to_string()), None, Vec::new()).expect("it is valid");
    assert_eq!(rooms.join(wish, number, String::new, 0.0).expect("it is small"), number);
}

fn open(rooms: &mut Rooms<Json>, number: u32, channel: u32) {
    rooms.get_mut(number).expect("the room").open(channel);
    rooms.set_channel_status(channel, Status::Live, None);
}

/// Rooms 1 and 2, live on channels 11 and 12, without pending reports.
fn live() -> Rooms<Json> {
    let mut rooms = Rooms::default();
    for number in [1, 2] {
        join(&mut rooms, number);
        open(&mut rooms, number, 10 + number);
    }
    told(&mut rooms);
    rooms
}

fn message() -> RoomNews<Json> {
    RoomNews::Message(Json::from(json!({"event": "wave", "payload": 1})))
}

/// What is reported: the room's number and the news.
fn told(rooms: &mut Rooms<Json>) -> Vec<String> {
    let next = || rooms.next_told(true);
    let line = |told: workflow_db::subscriptions::RoomNotification<Json>| match told.news {
        RoomNews::Status(status, _) => format!("{} {}", told.room, status.as_str()),
        RoomNews::Others(_) => format!("{} others", told.room),
        RoomNews::Message(_) => format!("{} message", told.room),
    };
    std::iter::from_fn(next).map(line).collect()
}

fn unreachable() -> Error {
    Error::new(code::NETWORK, "unreachable")
}

#[test]
fn of_a_room_that_is_left_only_its_end_is_reported() {
    let mut rooms = live();
    rooms.tell(11, message());
    rooms.tell(12, message());
    rooms.leave(1);
    assert_eq!(rooms.take_abandoned(), [11]);
    assert_eq!(told(&mut rooms), ["2 message", "1 closed"]);
}

#[test]
fn rooms_wait_until_they_are_opened_unless_they_are_left_before() {
    let mut rooms = live();
    join(&mut rooms, 3);
    join(&mut rooms, 4);
    rooms.leave(4);
    assert_eq!(rooms.waiting().map(|room| room.number).collect::<Vec<_>>(), [3]);
    assert!(rooms.is_waiting());
    rooms.set_waiting_status(Status::Error, &unreachable());
    assert_eq!(told(&mut rooms), ["3 error"]);
    open(&mut rooms, 3, 13);
    assert!(!rooms.is_waiting() && rooms.waiting().next().is_none());
}

#[test]
fn only_the_latest_list_of_the_others_in_a_room_is_reported() {
    let mut rooms = live();
    for channel in [11, 12] {
        rooms.tell(channel, RoomNews::Others(Vec::new()));
    }
    rooms.tell(11, message());
    rooms.tell(11, RoomNews::Others(Vec::new()));
    assert_eq!(told(&mut rooms), ["2 others", "1 message", "1 others"]);
}

#[test]
fn a_room_that_is_opened_again_keeps_its_pending_statuses_alone() {
    let mut rooms = live();
    rooms.set_channel_status(11, Status::Error, Some(&unreachable()));
    rooms.tell(11, message());
    rooms.tell(12, message());
    assert_eq!(rooms.take_off(&uuid_of("1")), Some(11));
    assert_eq!(told(&mut rooms), ["1 error", "2 message", "1 others"]);
    assert_eq!(rooms.waiting().map(|room| room.number).collect::<Vec<_>>(), [1]);
}

#[test]
fn the_end_of_a_user_ends_the_rooms_that_were_opened_for_that_user() {
    let mut rooms = live();
    join(&mut rooms, 3);
    rooms.end(true, &unreachable());
    assert_eq!(told(&mut rooms), ["1 closed", "2 closed"]);
    rooms.end(false, &unreachable());
    assert_eq!(told(&mut rooms), ["3 closed"]);
}

#[test]
fn rooms_that_are_restarted_stay_with_their_user_only_if_the_user_may_still_be_the_same() {
    for keeps_owner in [true, false] {
        let mut rooms = live();
        join(&mut rooms, 3);
        rooms.restart(keeps_owner);
        assert_eq!(rooms.waiting().count(), 3);
        told(&mut rooms);
        rooms.end(true, &unreachable());
        let ended = if keeps_owner { vec!["1 closed", "2 closed"] } else { vec![] };
        assert_eq!(told(&mut rooms), ended);
    }
}
