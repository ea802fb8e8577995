//! The versions of workflows that own writes made.

use workflow_db::engine::versions::OwnVersions;

#[test]
fn own_writes_follow_from_one_another() {
    let mut versions = OwnVersions::default();
    versions.wrote("a", Some("1".to_owned()), "2".to_owned());
    versions.wrote("a", Some("2".to_owned()), "3".to_owned());
    versions.wrote("b", None, "7".to_owned());
    assert_eq!(versions.current("a", "1"), "3");
    assert_eq!(versions.current("a", "0"), "0");
    assert_eq!((versions.last("a"), versions.last("b"), versions.last("c")), (Some("3"), Some("7"), None));
    versions.wrote("a", Some("5".to_owned()), "6".to_owned());
    assert_eq!((versions.current("a", "1"), versions.current("a", "5")), ("1".to_owned(), "6".to_owned()));
    versions.clear();
    assert_eq!(versions.last("a"), None);
}

#[test]
fn a_hundred_versions_of_a_hundred_workflows_are_known() {
    let mut versions = OwnVersions::default();
    for number in 0..100 {
        versions.wrote("a", Some(number.to_string()), (number + 1).to_string());
    }
    assert_eq!((versions.current("a", "0"), versions.current("a", "1")), ("0".to_owned(), "100".to_owned()));
    for number in 1..100 {
        versions.wrote(&format!("row {number}"), None, "1".to_owned());
    }
    assert_eq!((versions.last("a"), versions.last("row 99")), (Some("100"), Some("1")));
    versions.wrote("another", None, "1".to_owned());
    assert_eq!((versions.last("a"), versions.last("row 1")), (None, Some("1")));
}
