//! Timestamps, compared with a calendar that counts year by year.

use crate::support::postgrest::calendar;
use proptest::prelude::*;
use std::cmp::Ordering;
use workflow_db::time::timestamp;

#[derive(Clone, Debug)]
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    seconds: i64,
    /// Digits after the decimal point.
    fraction: String,
    /// Minutes east of UTC, and the notation.
    zone: Option<(i64, u8)>,
}

fn parts() -> impl Strategy<Value = Parts> {
    let zone = prop_oneof![
        Just(None),
        (-15 * 60 - 59..=15 * 60 + 59_i64, 0..3_u8).prop_map(Some),
        Just(Some((0, 3))),
    ];
    let year = prop_oneof![1_i64..=9_999, Just(1), Just(9_999), Just(2_000), Just(1_900), 1_969_i64..=1_971];
    let month_end = prop_oneof![Just(1), Just(28), Just(31), 1_i64..=31];
    (year, 1_i64..=12, month_end, 0_i64..86_400, "[0-9]{0,9}", zone).prop_map(
        |(year, month, day, seconds, fraction, zone)| {
            let day = day.min(calendar::days_of_month(year, month));
            Parts { year, month, day, seconds, fraction, zone }
        },
    )
}

impl Parts {
    fn text(&self) -> String {
        let Self { year, month, day, seconds, fraction, zone } = self;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
        let zone = match zone {
            None => String::new(),
            Some((_, 3)) => "Z".to_owned(),
            Some((minutes, form)) => {
                let (sign, minutes) = if *minutes < 0 { ('-', -minutes) } else { ('+', *minutes) };
                match form {
                    0 => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
                    1 => format!("{sign}{:02}{:02}", minutes / 60, minutes % 60),
                    _ => format!("{sign}{:02}", minutes / 60),
                }
            }
        };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
    }

    fn micros(&self) -> i64 {
        let days = calendar::days_since_1970(self.year, self.month, self.day);
        let fraction: i64 = format!("{:0<6.6}", self.fraction).parse().expect("digits");
        let minutes = match self.zone {
            Some((minutes, 2)) => minutes / 60 * 60,
            Some((minutes, _)) => minutes,
            None => 0,
        };
        (days * 86_400 + self.seconds - minutes * 60) * 1_000_000 + fraction
    }
}

/// The years that four digits can express.
fn years() -> std::ops::Range<i64> {
    let start = |year| calendar::days_since_1970(year, 1, 1) * 86_400_000_000;
    start(1)..start(10_000)
}

proptest! {
    #![proptest_config(super::config(500))]

    #[test]
    fn a_time_with_a_zone_becomes_the_same_moment_in_utc(parts in parts()) {
        let expected = years().contains(&parts.micros()).then(|| calendar::print(parts.micros()));
        prop_assert_eq!(timestamp::normalize(&parts.text()), expected, "{}", parts.text());
    }

    #[test]
    fn normalizing_twice_changes_nothing(parts in parts()) {
        if let Some(normal) = timestamp::normalize(&parts.text()) {
            prop_assert_eq!(timestamp::normalize(&normal), Some(normal.clone()));
            prop_assert_eq!(timestamp::compare(&normal, &normal), Some(Ordering::Equal));
        }
    }

    #[test]
    fn normalized_times_sort_chronologically(a in parts(), b in parts()) {
        let normal = (timestamp::normalize(&a.text()), timestamp::normalize(&b.text()));
        if let (Some(first), Some(second)) = normal {
            prop_assert_eq!(timestamp::compare(&first, &second), Some(a.micros().cmp(&b.micros())));
        }
    }

    #[test]
    fn the_next_day_follows_the_calendar(parts in parts()) {
        let Parts { year, month, day, .. } = parts;
        let text = format!("{year:04}-{month:02}-{day:02}");
        prop_assert!(timestamp::is_date_only(&text));
        let next = (calendar::days_since_1970(year, month, day) + 1) * 86_400_000_000;
        let expected = years().contains(&next).then(|| calendar::print(next));
        prop_assert_eq!(timestamp::next_day(&text), expected);
    }

    #[test]
    fn no_text_causes_a_panic(text in "\\PC{0,30}|[0-9TZ:.+ -]{0,32}|[0-9]{4}-[0-9]{2}-[0-9]{2}\\PC{0,12}") {
        // The database must be able to read the result.
        if let Some(normal) = timestamp::normalize(&text) {
            prop_assert!(calendar::parse(&normal).is_some(), "{} became {}", text, normal);
        }
        timestamp::next_day(&text);
        timestamp::is_date_only(&text);
        timestamp::compare(&text, "2024-01-01T00:00:00");
    }
}
