//! Timestamps without a zone, as in the columns and in the server's responses.
//!
//! The server prints `2024-02-29T23:59:59.123456`: no zone, up to six fractional digits, trailing zeros dropped.
//! Callers may pass `Z` or an offset; a column without a zone would silently drop it, so it is converted to UTC here.

use std::cmp::Ordering;

const SECONDS_PER_MINUTE: i64 = 60;

/// The timestamp in the server's form, or `None` if `input` is invalid.
///
/// Accepts `YYYY-MM-DD`, optionally followed by `T` or a space and `HH:MM[:SS[.fraction]]`, and then `Z`, `±HH`,
/// `±HHMM` or `±HH:MM`. Digits beyond microseconds are cut.
///
/// ```
/// use workflow_db::time::timestamp::normalize;
///
/// assert_eq!(normalize("2024-02-29T23:30:00.500-01:00").as_deref(), Some("2024-03-01T00:30:00.5"));
/// assert_eq!(normalize("2024-02-30"), None);
/// ```
pub fn normalize(input: &str) -> Option<String> {
    let bytes = input.as_bytes();
    let date = bytes.get(..10)?;
    let day = parse_date(date)?;
    let rest = &bytes[10..];
    if rest.is_empty() {
        return print(day, 0, b"");
    }
    if !matches!(rest[0], b'T' | b't' | b' ') {
        return None;
    }
    let (clock, fraction, zone) = split_time(&rest[1..])?;
    let offset_minutes = parse_zone(zone)?;
    let seconds = day * 86_400 + clock - offset_minutes * SECONDS_PER_MINUTE;
    print(seconds.div_euclid(86_400), seconds.rem_euclid(86_400), fraction)
}

/// Like `normalize`, but also accepts `infinity`, as the server prints it. A row that contains it can be written back as it
/// was read.
///
/// ```
/// use workflow_db::time::timestamp::stored;
///
/// assert_eq!(stored("-infinity").as_deref(), Some("-infinity"));
/// assert_eq!(stored("2024-02-29Z"), None);
/// ```
pub fn stored(input: &str) -> Option<String> {
    if matches!(input, "infinity" | "-infinity") {
        Some(input.to_owned())
    } else {
        normalize(input)
    }
}

/// The time `ms` milliseconds after the beginning of 1970, in the server's form. `None` after the year 9999.
///
/// ```
/// use workflow_db::time::timestamp::of_unix_ms;
///
/// assert_eq!(of_unix_ms(1_709_251_199_120).as_deref(), Some("2024-02-29T23:59:59.12"));
/// ```
pub fn of_unix_ms(ms: u64) -> Option<String> {
    let seconds = i64::try_from(ms / 1000).ok()?;
    let mut digits = (1000 + ms % 1000).to_string();
    while digits.ends_with('0') {
        digits.pop();
    }
    print(seconds.div_euclid(86_400), seconds.rem_euclid(86_400), &digits.as_bytes()[1..])
}

/// Whether `input` is a date without a time, such as `2024-02-29`.
pub fn is_date_only(input: &str) -> bool {
    input.len() == 10 && parse_date(input.as_bytes()).is_some()
}

/// The start of the day after the date `input`. `None` after the last day of the year 9999.
pub fn next_day(input: &str) -> Option<String> {
    print(parse_date(input.as_bytes().get(..10)?)? + 1, 0, b"")
}

/// Compares two timestamps in the server's form. `None` if one has another form (`infinity`, a year beyond 9999, BC),
/// where the order of the texts is meaningless.
///
/// ```
/// use std::cmp::Ordering;
/// use workflow_db::time::timestamp::compare;
///
/// assert_eq!(compare("2024-02-29T12:00:00", "2024-02-29T12:00:00.1"), Some(Ordering::Less));
/// assert_eq!(compare("2024-02-29T12:00:00", "infinity"), None);
/// ```
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    (is_canonical(a) && is_canonical(b)).then(|| a.cmp(b))
}

fn is_canonical(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 19
        && bytes.iter().take(19).zip(b"0000-00-00T00:00:00").all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        });
    shaped
        && match &bytes[19..] {
            [] => true,
            [b'.', digits @ ..] => (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
fn parse_date(text: &[u8]) -> Option<i64> {
    if text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..10])?);
    let valid = year >= 1 && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    valid.then(|| days_from_civil(year, month, day))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds of the day, fractional digits without trailing zeros, and the rest of the text.
fn split_time(text: &[u8]) -> Option<(i64, &[u8], &[u8])> {
    let pair = |from: usize| number(text.get(from..from + 2)?);
    let (hour, minute) = (pair(0)?, pair(3)?);
    if text[2] != b':' || hour > 23 || minute > 59 {
        return None;
    }
    let minutes = hour * 3_600 + minute * 60;
    let Some(b':') = text.get(5) else {
        return Some((minutes, b"", &text[5..]));
    };
    let second = pair(6).filter(|second| *second <= 59)?;
    let rest = &text[8..];
    let Some(b'.') = rest.first() else {
        return Some((minutes + second, b"", rest));
    };
    let length = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut fraction = &rest[1..=length.min(6)];
    while let [head @ .., b'0'] = fraction {
        fraction = head;
    }
    (length > 0).then_some((minutes + second, fraction, &rest[1 + length..]))
}

/// Minutes east of UTC.
fn parse_zone(zone: &[u8]) -> Option<i64> {
    let (sign, digits) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (number(digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        5 if digits[2] == b':' => (number(&digits[..2])?, number(&digits[3..])?),
        _ => return None,
    };
    (hours <= 15 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// Prints a timestamp. `None` for a year without four digits, and for year 0, which does not exist in the database.
fn print(days: i64, second_of_day: i64, fraction: &[u8]) -> Option<String> {
    let (year, month, day) = civil_from_days(days);
    if !(1..=9_999).contains(&year) {
        return None;
    }
    let mut text = String::with_capacity(26);
    let mut push = |value: i64, width: u32, end: Option<char>| {
        for position in (0..width).rev() {
            let digit = value / 10_i64.pow(position) % 10;
            text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
        }
        text.extend(end);
    };
    push(year, 4, Some('-'));
    push(month, 2, Some('-'));
    push(day, 2, Some('T'));
    push(second_of_day / 3_600, 2, Some(':'));
    push(second_of_day / 60 % 60, 2, Some(':'));
    push(second_of_day % 60, 2, None);
    if !fraction.is_empty() {
        text.push('.');
        text.extend(fraction.iter().map(|byte| char::from(*byte)));
    }
    Some(text)
}

/// Days since 1970-01-01 in the Gregorian calendar, computed in eras of 400 years that start in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_converted_to_utc() {
        let cases = [
            ("2024-01-01T00:00:00+05:00", "2023-12-31T19:00:00"),
            ("2024-02-29T23:30:00-0100", "2024-03-01T00:30:00"),
            ("2024-02-29 23:59:59.120000Z", "2024-02-29T23:59:59.12"),
            ("2024-02-29", "2024-02-29T00:00:00"),
            ("2024-02-29T10:20", "2024-02-29T10:20:00"),
            ("2024-02-29T10:20:30.1234567+02", "2024-02-29T08:20:30.123456"),
        ];
        for (input, expected) in cases {
            assert_eq!(normalize(input).as_deref(), Some(expected), "{input}");
        }
    }

    #[test]
    fn anything_but_a_timestamp_is_refused() {
        for input in [
            "",
            "now",
            "infinity",
            "2023-02-29",
            "2024-13-01",
            "2024-01-01T24:00",
            "2024-01-01T10:20:61",
            "2024-01-01T10:20:30.",
            "2024-01-01T10:20:30+99:00",
            "2024-01-01X10:20",
            "20240101",
            "2024-01-01Tab:cd",
            "２０２４-01-01",
            "2024-01-01T1:2:3",
            "0000-01-01",
            "2024-01-01T10:20:30 UTC",
        ] {
            assert_eq!(normalize(input), None, "{input}");
        }
    }

    #[test]
    fn the_day_after_the_last_of_february_depends_on_the_year() {
        assert_eq!(next_day("2024-02-28").as_deref(), Some("2024-02-29T00:00:00"));
        assert_eq!(next_day("2023-02-28").as_deref(), Some("2023-03-01T00:00:00"));
        assert_eq!(next_day("1999-12-31").as_deref(), Some("2000-01-01T00:00:00"));
    }

    #[test]
    fn years_beyond_four_digits_are_refused_rather_than_cut() {
        assert_eq!(normalize("9999-12-31T23:59:59-01:00"), None);
        assert_eq!(normalize("0001-01-01T00:00:00+01:00"), None);
        assert_eq!(next_day("9999-12-31"), None);
    }

    #[test]
    fn order_is_only_known_between_two_of_the_servers_form() {
        assert_eq!(compare("2024-01-01T00:00:00", "2024-01-01T00:00:00.1"), Some(Ordering::Less));
        assert_eq!(compare("2024-01-01T00:00:00.12", "2024-01-01T00:00:00.1"), Some(Ordering::Greater));
        assert_eq!(compare("infinity", "2024-01-01T00:00:00"), None);
        assert_eq!(compare("2024-01-01T00:00:00+00", "2024-01-01T00:00:00"), None);
    }
}
