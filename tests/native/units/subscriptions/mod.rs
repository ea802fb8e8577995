//! Which rows a subscription includes, which frames are echoes, and which reports are new.

mod echoes;
mod selections;

use crate::support::json::{Json, JsonHolders};
use crate::support::random::uuid_of;
use serde_json::{json, Value};
use workflow_db::query::Comparison;
use workflow_db::realtime::ChangeKind;
use workflow_db::subscriptions::{Extent, Reading, Selection, Status, Subscription, Touch};
use workflow_db::tables::AUDIT_LOGS;
use workflow_db::time::Moment;

/// An empty index of which subscriptions know which row.
fn knowers() -> JsonHolders {
    JsonHolders::default()
}

fn row(name: &str) -> Json {
    Json::from(json!({"id": uuid_of("a"), "name": name}))
}

fn subscription_of(table: &str, scope: Option<String>) -> Subscription<Json> {
    let mut subscription =
        Subscription::new(1, Selection::new(table, scope, None).expect("a selection"), true);
    subscription.status = Status::Live;
    subscription
}

fn subscription() -> Subscription<Json> {
    subscription_of("workflows", None)
}

fn at(ms: f64) -> Moment {
    Moment { monotonic_ms: ms, wall_ms: ms }
}

fn named(id: &str, name: &str) -> Value {
    json!({"id": uuid_of(id), "name": name})
}

/// Completes a scope read that returns these rows. Returns the kinds and names of the reports.
fn read(subscription: &mut Subscription<Json>, rows: Value) -> Vec<(&'static str, String)> {
    subscription.begin_reading(at(0.0));
    let (news, _) = subscription.take_rows(&Json::from(rows), &mut knowers());
    subscription.reading = Reading::Idle;
    news.iter()
        .map(|difference| match (&difference.old, &difference.new) {
            (None, Some(new)) => ("new", new.text("name")),
            (Some(_), Some(new)) => ("changed", new.text("name")),
            (Some(old), None) => ("gone", old.text("name")),
            (None, None) => panic!("no row"),
        })
        .collect()
}

#[test]
fn the_first_scope_read_reports_nothing_and_later_ones_report_differences() {
    let mut subscription = subscription();
    assert!(read(&mut subscription, json!([named("a", "1"), named("b", "1")])).is_empty());
    assert!(subscription.extent == Extent::Whole);
    let told = read(&mut subscription, json!([named("a", "2"), named("c", "1")]));
    assert_eq!(told.len(), 3);
    for expected in [("changed", "2"), ("gone", "1"), ("new", "1")] {
        assert!(told.contains(&(expected.0, expected.1.to_owned())), "{expected:?}");
    }
    assert!(read(&mut subscription, json!([named("a", "2"), named("c", "1")])).is_empty());
}

#[test]
fn a_frame_is_reported_unless_it_is_known() {
    let mut subscription = subscription();
    read(&mut subscription, json!([named("a", "1")]));
    let (id, first) = (uuid_of("a"), Json::from(named("a", "1")));
    let told = subscription
        .take_row(&id, &first, ChangeKind::Insert, &mut knowers())
        .expect("nobody heard of it yet");
    assert_eq!((told.0, told.1), (ChangeKind::Insert, None));
    assert!(subscription.take_row(&id, &first, ChangeKind::Insert, &mut knowers()).is_none());
    let second = Json::from(named("a", "2"));
    let (kind, old) = subscription.take_row(&id, &second, ChangeKind::Insert, &mut knowers()).expect("news");
    assert_eq!((kind, old), (ChangeKind::Update, Some(first)));
    let new = Json::from(named("b", "1"));
    let (kind, old) =
        subscription.take_row(&uuid_of("b"), &new, ChangeKind::Update, &mut knowers()).expect("news");
    assert_eq!((kind, old), (ChangeKind::Insert, None), "every row of the scope was known");
}

#[test]
fn a_frame_before_the_first_scope_read_is_reported_unchanged() {
    let row = Json::from(named("a", "1"));
    for kind in [ChangeKind::Insert, ChangeKind::Update] {
        let told = subscription().take_row(&uuid_of("a"), &row, kind, &mut knowers());
        assert_eq!(told, Some((kind, None)));
    }
}

#[test]
fn a_row_counts_as_reported_until_it_leaves() {
    let mut subscription = subscription();
    let id = uuid_of("a");
    read(&mut subscription, json!([named("a", "1")]));
    assert!(!subscription.was_told(&id));
    subscription.tell(&id, &Json::from(named("a", "1")));
    assert!(subscription.was_told(&id));
    assert_eq!(subscription.known.take(&id, &mut knowers()), Some(Json::from(named("a", "1"))));
    assert!(!subscription.was_told(&id));
    assert_eq!(subscription.known.take(&id, &mut knowers()), None);
}

#[test]
fn the_first_scope_read_reports_changes_of_rows_known_from_frames() {
    let told_after = |rows: Value| {
        let mut subscription = subscription();
        let first = Json::from(named("a", "1"));
        subscription.take_row(&uuid_of("a"), &first, ChangeKind::Insert, &mut knowers());
        read(&mut subscription, rows)
    };
    assert_eq!(told_after(json!([named("b", "1")])), [("gone", "1".to_owned())]);
    assert_eq!(told_after(json!([named("a", "2"), named("b", "1")])), [("changed", "2".to_owned())]);
    assert_eq!(told_after(json!([named("a", "1"), named("b", "1")])), []);
}

/// Reads a scope that contained row `a` named 1, while `by` touches the row. Returns the reports caused by the
/// response, and whether it is doubtful.
fn read_while(by: Touch<Json>, answer: Value) -> (Vec<&'static str>, bool) {
    let mut subscription = subscription();
    read(&mut subscription, json!([named("a", "1"), named("b", "1")]));
    subscription.begin_reading(at(0.0));
    subscription.touch(&uuid_of("a"), by);
    let (news, is_doubtful) = subscription.take_rows(&Json::from(answer), &mut knowers());
    let kinds = news.iter().map(|difference| match (&difference.old, &difference.new) {
        (None, _) => "new",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "gone",
    });
    (kinds.collect(), is_doubtful)
}

#[test]
fn a_scope_read_does_not_apply_to_a_row_changed_by_a_frame_during_it() {
    let changed = json!([named("a", "2"), named("b", "1")]);
    assert_eq!(read_while(Touch::Frame, changed), (vec![], false));
    let other = json!([named("a", "1"), named("b", "2")]);
    assert_eq!(read_while(Touch::Frame, other), (vec!["changed"], false), "other rows were not touched");
}

#[test]
fn a_scope_read_is_doubtful_if_it_differs_from_an_own_write_during_it() {
    let own = |name: &str| Touch::Elsewhere(Some(Json::from(named("a", name))));
    let changed = || json!([named("a", "2"), named("b", "1")]);
    assert_eq!(read_while(own("2"), changed()), (vec!["changed"], false));
    assert_eq!(read_while(own("3"), changed()), (vec![], true));
    assert_eq!(read_while(Touch::Elsewhere(None), changed()), (vec![], true));
    let gone = || json!([named("b", "1")]);
    assert_eq!(read_while(Touch::Elsewhere(None), gone()), (vec!["gone"], false));
    assert_eq!(read_while(own("2"), gone()), (vec![], true));
}

#[test]
fn a_doubtful_scope_read_stays_doubtful() {
    let mut subscription = subscription();
    read(&mut subscription, json!([]));
    subscription.begin_reading(at(0.0));
    subscription.touch(&uuid_of("a"), Touch::Elsewhere(None));
    let (_, is_doubtful) =
        subscription.take_rows(&Json::from(json!([named("a", "1"), named("b", "1")])), &mut knowers());
    assert!(is_doubtful);
}

#[test]
fn a_row_deleted_by_a_frame_is_reported_again_if_the_scope_read_still_contains_it() {
    let mut subscription = subscription();
    read(&mut subscription, json!([]));
    subscription.begin_reading(at(0.0));
    subscription.touch(&uuid_of("a"), Touch::UnknownGone);
    let (news, is_doubtful) = subscription.take_rows(&Json::from(json!([named("a", "1")])), &mut knowers());
    assert_eq!((news.len(), is_doubtful), (1, false));
    assert_eq!((&news[0].old, &news[0].new), (&Some(Json::from(named("a", "1"))), &None));
    assert!(subscription.known(&uuid_of("a")).is_none());
}

#[test]
fn only_events_during_a_scope_read_touch_a_row() {
    let mut subscription = subscription();
    subscription.touch("a", Touch::Frame);
    assert!(!subscription.is_touched("a"));
    subscription.begin_reading(at(0.0));
    subscription.touch("a", Touch::Frame);
    assert_eq!([subscription.is_touched("a"), subscription.is_touched("b")], [true, false]);
    subscription.begin_reading(at(1.0));
    assert!(!subscription.is_touched("a"));
}

#[test]
fn a_live_subscription_without_filter_or_gap_is_complete() {
    let caught_up = || {
        let mut subscription = subscription();
        subscription.is_caught_up = true;
        subscription
    };
    assert!(caught_up().hears_all());
    let with = |change: &dyn Fn(&mut Subscription<Json>)| {
        let mut subscription = caught_up();
        change(&mut subscription);
        subscription.hears_all()
    };
    assert!(!with(&|subscription| subscription.is_caught_up = false));
    assert!(!with(&|subscription| subscription.reading = Reading::UnderWay));
    assert!(!with(&|subscription| subscription.retry_ms = Some(1.0)));
    assert!(!with(&|subscription| subscription.status = Status::Reconnecting));
    assert!(!with(&|subscription| subscription.selection.filter = Some(Comparison::equal("name", "a"))));
    assert!(with(&|subscription| {
        subscription.is_caught_up = false;
        subscription.extent = Extent::Unknown;
    }));
}

#[test]
fn a_live_subscription_is_read_again_after_the_interval_with_jitter() {
    let mut subscription = subscription();
    assert_eq!(subscription.reading_due_ms(1_000.0), f64::INFINITY);
    subscription.begin_reading(at(500.0));
    subscription.confirm(0.5);
    assert_eq!(subscription.reading_due_ms(1_000.0), f64::INFINITY, "it is being read");
    subscription.reading = Reading::Idle;
    assert_eq!(subscription.reading_due_ms(1_000.0), 500.0 + 875.0);
    subscription.retry_ms = Some(1.0);
    assert_eq!(subscription.reading_due_ms(1_000.0), 1.0, "a reading that failed is tried again before");
    subscription.retry_ms = None;
    subscription.status = Status::Reconnecting;
    assert_eq!(subscription.reading_due_ms(1_000.0), f64::INFINITY);
    subscription.status = Status::Live;
    subscription.extent = Extent::Unknown;
    assert_eq!(subscription.reading_due_ms(1_000.0), f64::INFINITY, "it is too large");
}

#[test]
fn a_subscription_is_unconfirmed_a_minute_after_its_scope_read_by_either_clock() {
    let mut subscription = subscription();
    assert!(subscription.is_unconfirmed(at(0.0)), "it was never read");
    subscription.begin_reading(at(0.0));
    subscription.confirm(0.0);
    assert!(!subscription.is_unconfirmed(at(60_000.0)), "it is being read");
    subscription.reading = Reading::Idle;
    assert!(!subscription.is_unconfirmed(at(59_999.0)));
    assert!(subscription.is_unconfirmed(Moment { monotonic_ms: 60_000.0, wall_ms: 0.0 }));
    assert!(subscription.is_unconfirmed(Moment { monotonic_ms: 0.0, wall_ms: 60_000.0 }));
}

#[test]
fn a_subscription_was_read_since_any_time_before_its_last_scope_read_started() {
    let mut subscription = subscription();
    assert!(!subscription.is_read_since(-1.0));
    subscription.begin_reading(at(10.0));
    assert!(subscription.is_read_since(9.0));
    assert!(!subscription.is_read_since(10.0));
}

#[test]
fn missing_echoes_indicate_gaps_with_growing_pauses_until_one_arrives() {
    let mut subscription = subscription();
    assert!(subscription.miss_echo(&row("1"), 0.0));
    assert!(!subscription.miss_echo(&row("1"), 59_999.0));
    assert!(subscription.miss_echo(&row("1"), 60_000.0));
    assert!(!subscription.miss_echo(&row("1"), 179_999.0));
    assert!(subscription.miss_echo(&row("1"), 180_000.0));
    subscription.hear_echo();
    assert!(subscription.miss_echo(&row("1"), 180_001.0));
    assert!(subscription.miss_echo(&row("1"), 240_001.0));
}

#[test]
fn the_pause_after_missing_echoes_is_a_quarter_of_an_hour_at_most() {
    let mut subscription = subscription();
    let mut now_ms = 0.0;
    for _ in 0..20 {
        assert!(subscription.miss_echo(&row("1"), now_ms));
        now_ms += 900_000.0;
    }
}

#[test]
fn a_missing_echo_is_ignored_for_other_rows_or_while_changes_do_not_flow() {
    let scoped = || subscription_of("workflows", Some(uuid_of("ada")));
    let of = |user: &str| Json::from(json!({"id": uuid_of("a"), "user_id": uuid_of(user)}));
    assert!(scoped().miss_echo(&of("ada"), 0.0));
    assert!(!scoped().miss_echo(&of("eve"), 0.0));
    let mut down = scoped();
    down.status = Status::Reconnecting;
    assert!(!down.miss_echo(&of("ada"), 0.0));
    let mut filtered = scoped();
    filtered.selection.filter = Some(Comparison::equal("name", "a"));
    assert!(!filtered.miss_echo(&of("ada"), 0.0));
}

fn log(id: &str, time: &str) -> Value {
    json!({"id": uuid_of(id), "name": id, "created_at": time})
}

#[test]
fn an_append_only_table_is_read_from_a_minute_before_its_latest_row() {
    let mut subscription = subscription_of("audit_logs", None);
    assert!(subscription.selection.table == &AUDIT_LOGS);
    assert_eq!(subscription.overlap(), None);
    read(&mut subscription, json!([log("b", "2024-01-01T00:05:00"), log("a", "2024-01-01T00:01:00")]));
    assert!(subscription.extent == Extent::Recent);
    assert_eq!(subscription.overlap().as_deref(), Some("2024-01-01T00:04:00"));
    let row = Json::from(log("c", "2024-01-01T00:09:00"));
    assert!(subscription.take_row(&uuid_of("c"), &row, ChangeKind::Insert, &mut knowers()).is_some());
    assert_eq!(subscription.overlap().as_deref(), Some("2024-01-01T00:08:00"));
    let mut other = super::subscriptions::subscription();
    read(&mut other, json!([log("a", "2024-01-01T00:05:00")]));
    assert_eq!(other.overlap(), None, "rows of this table change");
}

#[test]
fn a_scope_read_of_an_append_only_table_reports_new_rows_and_no_deletes() {
    let mut subscription = subscription_of("audit_logs", None);
    read(&mut subscription, json!([log("a", "2024-01-01T00:05:00")]));
    let told = read(&mut subscription, json!([log("b", "2024-01-01T00:05:30")]));
    assert_eq!(told, [("new", "b".to_owned())]);
    assert!(subscription.known(&uuid_of("a")).is_some());
}

#[test]
fn an_append_only_table_forgets_old_rows_without_reporting_them_again() {
    let mut subscription = subscription_of("audit_logs", None);
    let mut take = |id: &str, time: &str| {
        subscription
            .take_row(&uuid_of(id), &Json::from(log(id, time)), ChangeKind::Insert, &mut knowers())
            .is_some()
    };
    assert!(take("a", "2024-01-01T00:00:00"));
    assert!(take("b", "2024-01-01T00:00:30"));
    assert!(take("c", "2024-01-01T00:02:00"));
    assert!(!take("a", "2024-01-01T00:00:00"), "it is put aside, and known");
    assert!(take("d", "2024-01-01T00:02:30"));
    assert!(!take("c", "2024-01-01T00:02:00"), "put aside less than a minute before the latest row");
    assert!(take("e", "2024-01-01T00:05:00"));
    assert!(!take("d", "2024-01-01T00:02:30"));
    assert!(take("a", "2024-01-01T00:00:00"), "it is forgotten");
}

#[test]
fn a_row_at_the_start_of_the_next_scope_read_is_not_reported_again() {
    let mut subscription = subscription_of("audit_logs", None);
    let mut take = |id: &str, time: &str| {
        subscription
            .take_row(&uuid_of(id), &Json::from(log(id, time)), ChangeKind::Insert, &mut knowers())
            .is_some()
    };
    assert!(take("a", "2024-01-01T00:00:00"));
    assert!(take("b", "2024-01-01T00:01:00"));
    assert!(take("c", "2024-01-01T00:02:00"));
    assert!(!take("b", "2024-01-01T00:01:00"));
}

#[test]
fn the_application_sees_subscription_states_by_these_names() {
    let names = [Status::Connecting, Status::Live, Status::Reconnecting, Status::Closed, Status::Error]
        .map(Status::as_str);
    assert_eq!(names, ["connecting", "live", "reconnecting", "closed", "error"]);
}

#[test]
fn a_restarted_subscription_keeps_its_handlers_and_forgets_its_rows() {
    let mut subscription = subscription();
    subscription.followers = 3;
    read(&mut subscription, json!([named("a", "1")]));
    subscription.restart(&mut knowers());
    assert_eq!((subscription.number, subscription.followers, subscription.status), (1, 3, Status::Live));
    assert!(subscription.known(&uuid_of("a")).is_none());
    assert!(subscription.extent == Extent::Unread);
}
