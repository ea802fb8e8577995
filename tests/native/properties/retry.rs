//! Delays between attempts are bounded.

use proptest::prelude::*;
use workflow_db::error::{Error, Report};
use workflow_db::retry::{Decision, RetryConfig};
use workflow_db::time::MAX_RETRY_AFTER_MS;

fn config() -> impl Strategy<Value = RetryConfig> {
    (1_u32..12, 0.0..5_000.0, 0.0..60_000.0, 1.0..10.0).prop_map(
        |(max_attempts, initial_backoff_ms, max_backoff_ms, backoff_multiplier)| RetryConfig {
            max_attempts,
            initial_backoff_ms,
            max_backoff_ms,
            backoff_multiplier,
        },
    )
}

proptest! {
    #![proptest_config(super::config(500))]

    #[test]
    fn a_delay_is_between_half_and_all_of_the_backoff_and_respects_retry_after(
        config in config(),
        attempt in 1_u32..12,
        asked in proptest::option::of(0.0..MAX_RETRY_AFTER_MS),
        random in 0.0..1.0,
    ) {
        let verdict = config.decide(&Error::timeout(), attempt, asked, random);
        if attempt >= config.max_attempts {
            let last = if config.max_attempts == 1 { Decision::Surface } else { Decision::Exhausted };
            prop_assert_eq!(verdict, last);
            return Ok(());
        }
        let exponent = i32::try_from(attempt - 1).expect("small");
        let backoff = config.initial_backoff_ms * config.backoff_multiplier.powi(exponent);
        let backoff = backoff.min(config.max_backoff_ms);
        let Decision::Retry(wait) = verdict else { panic!("{verdict:?}") };
        let least = (backoff / 2.0).max(asked.unwrap_or(0.0));
        let most = backoff.max(asked.unwrap_or(0.0));
        let slack = 1e-9 * most;
        prop_assert!((least - slack..=most + slack).contains(&wait), "{wait} is not within {least}..={most}");
    }

    #[test]
    fn permanent_errors_are_never_retried(config in config(), attempt in 1_u32..12, random in 0.0..1.0) {
        let final_error: Error = Report::new("23505", "taken").into();
        prop_assert_eq!(config.decide(&final_error, attempt, None, random), Decision::Surface);
        let too_long = Some(MAX_RETRY_AFTER_MS + 1.0);
        prop_assert_eq!(config.decide(&Error::timeout(), attempt, too_long, random), Decision::Surface);
    }

    #[test]
    fn the_delay_is_finite_for_any_number_of_attempts(attempt in 1_u32..5_000, random in 0.0..1.0) {
        let config = RetryConfig { max_attempts: u32::MAX, ..RetryConfig::default() };
        let verdict = config.decide(&Error::timeout(), attempt, None, random);
        let Decision::Retry(wait) = verdict else { panic!("{verdict:?}") };
        prop_assert!((0.0..=config.max_backoff_ms).contains(&wait));
    }
}
