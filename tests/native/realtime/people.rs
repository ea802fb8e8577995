//! Who is listed in a room, and with which state.

use super::rig::{Rig, GOOD};
use super::rooms::{comes, entry, inside, shows, told};
use crate::support::Json;
use serde_json::json;
use std::collections::HashSet;
use workflow_db::realtime::Presence;

#[test]
fn a_person_with_a_new_name_is_reported() {
    let mut rig = inside();
    let before = entry("r1", "bea-1", 10, 1);
    comes(&mut rig, "bea", &before);
    told(&mut rig);
    let mut after = entry("r2", "bea-1", 20, 1);
    after["name"] = json!("Beatrice");
    let update = json!({"joins": {"bea": {"metas": [after]}}, "leaves": {"bea": {"metas": [before]}}});
    rig.hear_in_room("presence_diff", update);
    assert_eq!(told(&mut rig), [r#"others 1 [Beatrice {"x":1}]"#]);
}

#[test]
fn another_person_with_the_same_name_and_state_is_reported() {
    let mut rig = inside();
    let here = entry("r1", "bea-1", 10, 1);
    comes(&mut rig, "bea", &here);
    told(&mut rig);
    let change = json!({
        "joins": {"bee": {"metas": [entry("r2", "bee-1", 10, 1)]}}, "leaves": {"bea": {"metas": [here]}},
    });
    rig.hear_in_room("presence_diff", change);
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":1}]"#]);
}

/// A tab sends its state again when another person arrives.
#[test]
fn a_state_that_is_sent_again_does_not_count_as_the_latest_of_two_tabs() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    told(&mut rig);
    comes(&mut rig, "bea", &entry("r2", "bea-2", 20, 2));
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":2}]"#]);
    shows(&mut rig, "bea-1", 10, 1);
    assert_eq!(told(&mut rig), [""; 0]);
}

#[test]
fn of_two_tabs_with_equal_times_the_one_that_arrived_last_is_shown_even_if_the_other_reconnects() {
    let mut rig = inside();
    comes(&mut rig, "bea", &entry("r1", "bea-1", 10, 1));
    told(&mut rig);
    comes(&mut rig, "bea", &entry("r2", "bea-2", 10, 2));
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":2}]"#]);
    comes(&mut rig, "bea", &entry("r3", "bea-1", 10, 1));
    assert_eq!(told(&mut rig), [""; 0]);
}

/// A server that never sends the presence must not fill the memory.
#[test]
fn a_thousand_differences_at_most_wait_for_the_presence() {
    let mut rig = Rig::new(GOOD);
    rig.open_room(1);
    rig.told();
    for at in 1..=1_001 {
        comes(&mut rig, "bea", &entry("r1", "bea-1", at, at));
    }
    rig.hear_in_room("presence_state", json!({}));
    assert_eq!(told(&mut rig), [r#"others 1 [Bea {"x":1000}]"#]);
}

fn color(user: &str) -> &'static str {
    let mut presence = Presence::default();
    presence.replace(&Json::from(json!({user: {"metas": [{"phx_ref": "r1"}]}})));
    presence.others("")[0].color
}

/// Clients with different versions of the package meet in a room.
#[test]
fn a_user_has_the_same_color_in_every_version_of_the_package() {
    assert_eq!(color("3f2b8c1e-6d4a-4f7b-9c0d-1e2f3a4b5c6d"), "#4a4fc4");
    assert_eq!(color("a8098c1a-f86e-41da-bd1a-00112444be1e"), "#8a5000");
}

#[test]
fn every_color_is_used() {
    let colors: HashSet<_> = (0..200).map(|number| color(&format!("user-{number}"))).collect();
    assert_eq!(colors.len(), 12);
}
