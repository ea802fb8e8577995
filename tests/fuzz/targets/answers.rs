//! HTTP responses of servers and proxies: statuses, headers and bodies.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use workflow_db::data::{Data, Form};
use workflow_db::rest::{classify, Reply, ResponseBody};
use workflow_db::retry::{Decision, RetryConfig};
use workflow_db::time::MAX_RETRY_AFTER_MS;
use workflow_db_fuzz::{AnyJson, Json};

#[derive(Arbitrary, Debug)]
struct Input {
    status: u16,
    content_range: Option<String>,
    retry_after_ms: Option<f64>,
    body: Option<AnyJson>,
    form: u8,
    quoted_code: Option<u8>,
    attempt: u8,
    random: u8,
    max_attempts: u8,
    initial_backoff_ms: f64,
    max_backoff_ms: f64,
    backoff_multiplier: f64,
}

/// Restricts a number to what `configure` accepts: not NaN and not below `least`.
fn at_least(number: f64, least: f64) -> f64 {
    if number >= least {
        number
    } else {
        least
    }
}

/// Represents a value that was sent.
const VALUE: &str = "the value that was sent";

fuzz_target!(|input: Input| {
    let form = [Form::Rows, Form::Object, Form::Text][usize::from(input.form % 3)];
    let quoted = input.quoted_code.map(|code| ["22P02", "23514", "P0001", "PGRST102"][usize::from(code % 4)]);
    let body = match (quoted, input.body) {
        (Some(code), _) => {
            let text = format!("invalid input: {VALUE}");
            ResponseBody::Data(Json::from(json!({"code": code, "message": text, "hint": text})))
        }
        (None, Some(AnyJson(body))) => ResponseBody::Data(Json::from(body)),
        (None, None) if input.attempt.is_multiple_of(2) => ResponseBody::None,
        (None, None) => ResponseBody::Broken,
    };
    // The shell passes any number except NaN: a date may be in the past, and a number of seconds may be huge.
    let retry_after_ms = input.retry_after_ms.filter(|ms| !ms.is_nan());
    let reply = Reply { status: input.status, content_range: input.content_range, retry_after_ms, body };
    match classify(reply, form) {
        Ok(answer) => {
            assert!(answer.rows.is(form) || input.status == 416);
            let end = u64::from(answer.offset.unwrap_or(0)) + answer.rows.len() as u64;
            assert!(
                answer.total.is_none_or(|total| u64::from(total) >= end),
                "the count is smaller than the number of rows"
            );
        }
        Err(error) => {
            assert!(!error.code.is_empty() && !error.message.is_empty());
            if quoted.is_some_and(|code| code != "23514") {
                assert!(!format!("{} {:?}", error.message, error.hint).contains(VALUE));
            }
            let random = f64::from(input.random) / 256.0;
            let attempt = u32::from(input.attempt) + 1;
            let config = RetryConfig {
                max_attempts: u32::from(input.max_attempts) + 1,
                initial_backoff_ms: at_least(input.initial_backoff_ms, 0.0),
                max_backoff_ms: at_least(input.max_backoff_ms, 0.0),
                backoff_multiplier: at_least(input.backoff_multiplier, 1.0),
            };
            let is_hopeless =
                !error.retryable || retry_after_ms.is_some_and(|asked| asked > MAX_RETRY_AFTER_MS);
            match config.decide(&error, attempt, retry_after_ms, random) {
                Decision::Retry(wait_ms) => {
                    assert!(!is_hopeless && attempt < config.max_attempts);
                    let limit_ms = config.max_backoff_ms.max(retry_after_ms.unwrap_or(0.0));
                    assert!((0.0..=limit_ms).contains(&wait_ms), "{wait_ms}");
                    assert!(retry_after_ms.is_none_or(|asked| wait_ms >= asked));
                }
                Decision::Surface => assert!(is_hopeless || config.max_attempts == 1),
                Decision::Exhausted => assert!(!is_hopeless && attempt >= config.max_attempts),
            }
        }
    }
});
