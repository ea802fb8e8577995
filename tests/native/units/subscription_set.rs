//! Which subscriptions are affected by a frame, an own write or a deleted row.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::json;
use workflow_db::data::Data;
use workflow_db::realtime::{ChangeKind, Incoming};
use workflow_db::subscriptions::{
    Extent, Notice, Notification, Reading, Selection, Sign, Status, Subscription, Subscriptions,
};
use workflow_db::tables::{Table, WORKFLOWS, WORKFLOW_EXECUTIONS, WORKFLOW_NODES};
use workflow_db::time::Moment;

const CHANNEL: u32 = 7;
const FILTER: &str = "name=eq.in";
const NO_NUMBERS: [u32; 0] = [];

/// A row that belongs to `user`.
fn row(user: &str, name: &str) -> Json {
    Json::from(json!({"id": uuid_of("a"), "user_id": uuid_of(user), "name": name}))
}

/// A live subscription to `table` with bindings from index `first` of the channel.
fn subscription(
    number: u32,
    table: &Table,
    scope: Option<&str>,
    filter: Option<&str>,
    first: usize,
) -> Subscription<Json> {
    let selection = Selection::new(table.name, scope.map(uuid_of), filter.map(str::to_owned));
    let mut subscription = Subscription::new(number, selection.expect("it is valid"), true);
    subscription.status = Status::Live;
    subscription.channel = Some((CHANNEL, first));
    subscription
}

fn set(subscriptions: impl IntoIterator<Item = Subscription<Json>>) -> Subscriptions<Json> {
    let mut set = Subscriptions::default();
    for subscription in subscriptions {
        set.push(subscription);
    }
    set
}

fn begin_reading(set: &mut Subscriptions<Json>, number: u32) {
    let now = Moment { monotonic_ms: 0.0, wall_ms: 0.0 };
    set.get_mut(number).expect("it is there").begin_reading(now);
}

/// Completes a scope read of the subscription, which returns `rows`.
fn read(set: &mut Subscriptions<Json>, number: u32, rows: &[Json]) {
    begin_reading(set, number);
    set.take_rows(number, &Json::list(rows));
    set.get_mut(number).expect("it is there").reading = Reading::Idle;
}

/// A frame of `channel` that matched the bindings at these indexes.
fn sign(set: &mut Subscriptions<Json>, table: &'static Table, channel: u32, matched: &[usize]) -> Sign {
    let frame = Incoming {
        kind: ChangeKind::Update,
        table: table.name.to_owned(),
        record: None,
        old: None,
        commit_timestamp: None,
        has_errors: false,
    };
    set.sign(table, channel, matched, &frame)
}

fn meant(set: &mut Subscriptions<Json>, table: &'static Table, channel: u32, matched: &[usize]) -> Vec<u32> {
    sign(set, table, channel, matched).meant().collect()
}

/// The subscriptions and the kinds of their reports.
fn told(notifications: &[Notification<Json>]) -> Vec<(u32, &'static str)> {
    let kinds = notifications.iter().map(|it| match &it.news {
        Notice::Row { kind, .. } => (it.subscription, kind.as_str()),
        _ => panic!("only rows are told"),
    });
    kinds.collect()
}

#[test]
fn a_frame_reaches_the_subscriptions_with_matching_bindings_on_its_channel() {
    // By user and by id; the second one also has a filter.
    let mut set = set([
        subscription(1, &WORKFLOWS, Some("ada"), None, 0),
        subscription(2, &WORKFLOWS, Some("ada"), Some(FILTER), 2),
        subscription(3, &WORKFLOWS, Some("ada"), None, 5),
    ]);
    assert_eq!(meant(&mut set, &WORKFLOWS, CHANNEL, &[0]), [1]);
    assert_eq!(meant(&mut set, &WORKFLOWS, CHANNEL, &[0, 1, 5]), [1, 3]);
    assert_eq!(meant(&mut set, &WORKFLOWS, CHANNEL, &[2, 4]), [2]);
    assert_eq!(meant(&mut set, &WORKFLOWS, CHANNEL, &[1, 4, 6]), [1, 3], "the filter alone does not do");
    assert_eq!(
        meant(&mut set, &WORKFLOWS, CHANNEL + 1, &[0, 5]),
        NO_NUMBERS,
        "no subscription is on this channel"
    );
    assert_eq!(meant(&mut set, &WORKFLOW_NODES, CHANNEL, &[0, 5]), NO_NUMBERS, "its table is another one");
}

#[test]
fn a_row_that_leaves_a_scope_is_reported_as_deleted_and_one_that_stays_is_not() {
    for (user, expected) in [("ada", &[][..]), ("eve", &[(1, "DELETE")])] {
        let mut set = set([subscription(1, &WORKFLOWS, Some("ada"), None, 0)]);
        read(&mut set, 1, &[row("ada", "in")]);
        let sign = sign(&mut set, &WORKFLOWS, CHANNEL, &[]);
        let notifications = set.take_row(&WORKFLOWS, &uuid_of("a"), &row(user, "in"), &sign, None);
        assert_eq!(told(&notifications), expected, "it belongs to {user}");
    }
}

#[test]
fn a_row_leaves_a_filter_only_by_a_frame_of_the_filter_s_channel() {
    for (channel, expected) in [(CHANNEL, &[(1, "DELETE")][..]), (CHANNEL + 1, &[])] {
        let mut set = set([subscription(1, &WORKFLOWS, Some("ada"), Some(FILTER), 0)]);
        read(&mut set, 1, &[row("ada", "in")]);
        let sign = sign(&mut set, &WORKFLOWS, channel, &[]);
        let notifications = set.take_row(&WORKFLOWS, &uuid_of("a"), &row("ada", "out"), &sign, None);
        assert_eq!(told(&notifications), expected, "channel {channel}");
    }
}

#[test]
fn a_new_row_is_expected_on_a_live_subscription_to_its_table_and_scope_without_a_filter() {
    let hears = |table, scope, filter, status| {
        let mut subscription = subscription(1, table, scope, filter, 0);
        subscription.status = status;
        set([subscription]).hear_of(&WORKFLOWS, &row("ada", "in"))
    };
    assert!(hears(&WORKFLOWS, Some("ada"), None, Status::Live));
    assert!(hears(&WORKFLOWS, None, None, Status::Live));
    assert!(!hears(&WORKFLOWS, Some("ada"), None, Status::Reconnecting), "changes do not flow");
    assert!(!hears(&WORKFLOWS, Some("eve"), None, Status::Live), "the scope is another one");
    assert!(!hears(&WORKFLOWS, Some("ada"), Some(FILTER), Status::Live), "a filter may hide it");
    assert!(!hears(&WORKFLOW_EXECUTIONS, Some("ada"), None, Status::Live), "the table is another one");
}

#[test]
fn a_graph_save_supersedes_concurrent_scope_reads_that_may_contain_its_rows() {
    let reading_of = |table, scope| {
        let mut set = set([subscription(1, table, scope, None, 0)]);
        begin_reading(&mut set, 1);
        set.supersede_readings_of(&WORKFLOW_NODES, &uuid_of("workflow"));
        set.get(1).expect("it is there").reading
    };
    assert_eq!(reading_of(&WORKFLOW_NODES, Some("workflow")), Reading::Superseded);
    assert_eq!(reading_of(&WORKFLOW_NODES, None), Reading::Superseded);
    assert_eq!(reading_of(&WORKFLOW_NODES, Some("other")), Reading::UnderWay);
    assert_eq!(reading_of(&WORKFLOWS, Some("workflow")), Reading::UnderWay);
    let mut idle = set([subscription(1, &WORKFLOW_NODES, None, None, 0)]);
    idle.supersede_readings_of(&WORKFLOW_NODES, &uuid_of("workflow"));
    assert_eq!(idle.get(1).expect("it is there").reading, Reading::Idle);
}

#[test]
fn the_previous_row_comes_from_a_complete_subscription_that_receives_the_frame() {
    let before = |is_caught_up: bool, matched: &[usize]| {
        let mut set = set([subscription(1, &WORKFLOWS, Some("ada"), None, 0)]);
        read(&mut set, 1, &[row("ada", "known")]);
        set.get_mut(1).expect("it is there").is_caught_up = is_caught_up;
        let sign = sign(&mut set, &WORKFLOWS, CHANNEL, matched);
        set.before(&sign, &uuid_of("a"))
    };
    assert_eq!(before(true, &[0]), Some(row("ada", "known")));
    assert_eq!(before(false, &[0]), None, "it may have missed a change");
    assert_eq!(before(true, &[]), None, "the frame is not for it");
}

#[test]
fn after_an_echo_the_next_missing_echo_indicates_a_gap_again() {
    let mut set = set([
        subscription(1, &WORKFLOWS, Some("ada"), None, 0),
        subscription(2, &WORKFLOWS, Some("ada"), None, 2),
    ]);
    let misses = |set: &mut Subscriptions<Json>, number| {
        set.get_mut(number).expect("it is there").miss_echo(&row("ada", "own"), 0.0)
    };
    assert_eq!([1, 2].map(|number| misses(&mut set, number)), [true, true]);
    assert_eq!([1, 2].map(|number| misses(&mut set, number)), [false, false], "they rest");
    let sign = sign(&mut set, &WORKFLOWS, CHANNEL, &[0]);
    set.hear_echo(&sign);
    assert_eq!([1, 2].map(|number| misses(&mut set, number)), [true, false]);
}

/// The reports to a subscription that knows no row when a row, possibly cached, leaves.
fn told_of_unknown(subscription: Subscription<Json>, cached: Option<&Json>) -> Vec<(u32, &'static str)> {
    let mut set = set([subscription]);
    let (notifications, known) = set.take_leave(&WORKFLOWS, &uuid_of("a"), cached, None);
    assert_eq!(known.as_ref(), cached, "the cache knows it anyway");
    told(&notifications)
}

#[test]
fn a_cached_row_that_leaves_is_reported_to_incomplete_subscriptions_of_its_scope() {
    let cached = row("ada", "in");
    let of = |extent, table, scope, filter| {
        let mut subscription = subscription(1, table, scope, filter, 0);
        subscription.extent = extent;
        told_of_unknown(subscription, Some(&cached))
    };
    for extent in [Extent::Unread, Extent::Unknown] {
        assert_eq!(of(extent, &WORKFLOWS, Some("ada"), None), [(1, "DELETE")]);
    }
    assert_eq!(of(Extent::Whole, &WORKFLOWS, Some("ada"), None), [], "it would know the row");
    assert_eq!(of(Extent::Unread, &WORKFLOWS, Some("eve"), None), [], "the scope is another one");
    assert_eq!(of(Extent::Unread, &WORKFLOWS, Some("ada"), Some(FILTER)), [], "a filter may exclude it");
    assert_eq!(of(Extent::Unread, &WORKFLOW_EXECUTIONS, Some("ada"), None), [], "the table is another one");
    let mut unread = subscription(1, &WORKFLOWS, Some("ada"), None, 0);
    unread.extent = Extent::Unread;
    assert_eq!(told_of_unknown(unread, None), [], "no one knows the row");
}

#[test]
fn a_cached_row_that_leaves_is_reported_to_every_subscription_that_includes_it() {
    let mut set = set([
        subscription(1, &WORKFLOWS, Some("eve"), None, 0),
        subscription(2, &WORKFLOWS, Some("ada"), None, 2),
        subscription(3, &WORKFLOW_EXECUTIONS, Some("ada"), None, 4),
        subscription(4, &WORKFLOWS, None, None, 7),
        subscription(5, &WORKFLOWS, Some("ada"), Some(FILTER), 8),
        subscription(6, &WORKFLOWS, Some("bob"), None, 11),
        subscription(7, &WORKFLOWS, Some("ada"), None, 13),
        subscription(8, &WORKFLOWS, Some("a"), None, 15),
    ]);
    let (notifications, _) = set.take_leave(&WORKFLOWS, &uuid_of("a"), Some(&row("ada", "in")), None);
    assert_eq!(
        told(&notifications),
        [2, 4, 7, 8].map(|number| (number, "DELETE")),
        "8 follows the row by its id"
    );
}

#[test]
fn forgotten_rows_are_known_by_no_subscription() {
    let forgets: [fn(&mut Subscriptions<Json>); 3] =
        [|set| set.forget_rows(1), |set| set.restart(false), |set| set.remove(|it| it.number == 1)];
    for forget in forgets {
        let mut set = set([
            subscription(1, &WORKFLOWS, Some("ada"), None, 0),
            subscription(2, &WORKFLOWS, Some("ada"), None, 2),
        ]);
        let row = row("ada", "in");
        read(&mut set, 1, std::slice::from_ref(&row));
        let knowing = |set: &Subscriptions<Json>| -> Vec<u32> {
            set.knowing(&WORKFLOWS, &uuid_of("a")).map(|subscription| subscription.number).collect()
        };
        assert_eq!(knowing(&set), [1]);
        forget(&mut set);
        // Another subscription receives the same row and is the only one that knows it.
        read(&mut set, 2, &[row]);
        assert_eq!(knowing(&set), [2]);
    }
}
