//! The delays of hooks and entry points.

use workflow_db::retry::RetryConfig;
use workflow_db::time::{
    Backoff, HOOK_CALM_MS, HOOK_REREAD_BACKOFF, HOOK_RETRY_BACKOFF, RENEWAL_LEAD_MS, RESTART_BACKOFF,
    RESTART_CALM_MS,
};

pub fn module() -> String {
    let retry = RetryConfig::default();
    let mut text = String::from("import type { Backoff } from '../backoff.js';\n\n");
    let RetryConfig { max_attempts, initial_backoff_ms, max_backoff_ms, backoff_multiplier } = retry;
    text.push_str(&format!(
        "export const DEFAULT_RETRY = {{\n  maxAttempts: {max_attempts},\n  initialBackoffMs: {initial_backoff_ms},\n  \
         maxBackoffMs: {max_backoff_ms},\n  backoffMultiplier: {backoff_multiplier},\n}};\n"
    ));
    for (name, Backoff { first_ms, max_ms }) in [
        ("HOOK_RETRY_BACKOFF", HOOK_RETRY_BACKOFF),
        ("HOOK_REREAD_BACKOFF", HOOK_REREAD_BACKOFF),
        ("RESTART_BACKOFF", RESTART_BACKOFF),
    ] {
        text.push_str(&format!(
            "export const {name}: Backoff = {{ firstMs: {first_ms}, maxMs: {max_ms} }};\n"
        ));
    }
    for (name, ms) in [
        ("HOOK_CALM_MS", HOOK_CALM_MS),
        ("RENEWAL_LEAD_MS", RENEWAL_LEAD_MS),
        ("RESTART_CALM_MS", RESTART_CALM_MS),
    ] {
        text.push_str(&format!("export const {name} = {ms};\n"));
    }
    text
}
