//! Timestamps: what is accepted, and what the database receives.

use workflow_db::time::timestamp::{compare, is_date_only, next_day, normalize};

#[track_caller]
fn refused(texts: &[&str]) {
    for text in texts {
        assert_eq!(normalize(text), None, "{text}");
    }
}

#[test]
fn a_date_has_hyphens_and_a_day_that_its_month_has() {
    refused(&[
        "2024x02-28",
        "2024-02x28",
        "0000-01-01",
        "2024-00-01",
        "2024-13-01",
        "2024-01-00",
        "2024-01-32",
    ]);
    refused(&[
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "2024-04-31",
        "2024-06-31",
        "2024-09-31",
        "2024-11-31",
    ]);
    for day in ["2024-02-29", "2000-02-29", "2023-02-28", "2024-04-30", "2024-12-31", "0001-01-01"] {
        assert_eq!(normalize(day), Some([day, "T00:00:00"].concat()));
    }
}

#[test]
fn a_time_of_day_has_colons_and_ends_before_midnight() {
    refused(&["2024-01-01T10.20", "2024-01-01T24:00", "2024-01-01T10:60", "2024-01-01T10:20:60"]);
    refused(&["2024-01-01T10:20:30.", "2024-01-01T10:20:30.Z", "2024-01-01T25x00", "2024-01-01T10x70"]);
    assert_eq!(normalize("2024-01-01T23:59").as_deref(), Some("2024-01-01T23:59:00"));
    assert_eq!(normalize("2024-01-01T23:59:59").as_deref(), Some("2024-01-01T23:59:59"));
}

#[test]
fn an_offset_is_less_than_sixteen_hours_of_sixty_minutes() {
    for (text, expected) in [
        ("2024-01-01T16:00+15:59", "2024-01-01T00:01:00"),
        ("2024-01-01T00:00-1559", "2024-01-01T15:59:00"),
        ("2024-01-01T15:00+15", "2024-01-01T00:00:00"),
    ] {
        assert_eq!(normalize(text).as_deref(), Some(expected), "{text}");
    }
    refused(&[
        "2024-01-01T00:00+16:00",
        "2024-01-01T00:00+15:60",
        "2024-01-01T00:00+16",
        "2024-01-01T00:00+01.00",
    ]);
}

#[test]
fn a_date_alone_names_a_day() {
    assert!(is_date_only("2024-02-29"));
    for text in ["2024-02-30", "2024-02-29T", "2024-02-29T00:00:00", ""] {
        assert!(!is_date_only(text), "{text}");
    }
    assert_eq!(next_day("2024-02-29").as_deref(), Some("2024-03-01T00:00:00"));
}

#[test]
fn only_timestamps_in_the_server_s_form_are_compared() {
    let known = "2024-01-01T00:00:00";
    assert!(compare("2024-01-01T00:00:00.123456", known).is_some());
    for fraction in [".", ".1234567", ".12a", ".a"] {
        assert_eq!(compare(&[known, fraction].concat(), known), None, "{fraction}");
    }
}
