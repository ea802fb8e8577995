//! Timeouts, intervals and lifetimes.

// Requests and the cache.

/// Default timeout of one attempt of a request.
pub const DEFAULT_TIMEOUT_MS: f64 = 15_000.0;
/// Default timeout until the headers of a service's response arrive; a little more than the API relay's own deadline.
pub const SERVICE_TIMEOUT_MS: f64 = 150_000.0;
/// Default lifetime of a cached entry.
pub const DEFAULT_TTL_MS: f64 = 300_000.0;
/// Minimum time between removals of expired entries.
pub const MIN_SWEEP_MS: f64 = 1_000.0;
/// A reported token that expires within this time is renewed first, as supabase-js does when asked.
pub const RENEWAL_LEAD_MS: f64 = 90_000.0;
/// While the token is still valid, renewing it delays a request by at most this.
pub const MAX_RENEWAL_DELAY_MS: f64 = 500.0;

// Subscriptions.

/// Default interval between reads of a scope without a sign of a gap.
pub const DEFAULT_RESYNC_MS: f64 = 900_000.0;
/// A scope that was not read for this long is read again when the page becomes visible, focused or online.
pub const UNCONFIRMED_MS: f64 = 60_000.0;
/// When the echo of an own write counts as missing: the server polls for changes ten times a second and sends them
/// immediately.
pub const ECHO_OVERDUE_MS: f64 = 5_000.0;
/// When an echo is no longer expected.
pub const ECHO_TIMEOUT_MS: f64 = 30_000.0;

// The socket and its channels.

/// Timeout for opening the socket.
pub const CONNECT_TIMEOUT_MS: f64 = 10_000.0;
/// Timeout of the token provider.
pub const TOKEN_TIMEOUT_MS: f64 = 30_000.0;
/// Timeout of a join, after which it is sent again.
pub const JOIN_TIMEOUT_MS: f64 = 10_000.0;
/// How long a joined channel may take to become ready before it is joined again. A server without subscribers takes
/// up to five seconds (recording `timing-cold-join`).
pub const READY_TIMEOUT_MS: f64 = 60_000.0;
/// Interval between heartbeats. The server closes a socket after 60 s without a message (recording
/// `missed-heartbeats`).
pub const HEARTBEAT_MS: f64 = 25_000.0;
/// Timeout of a heartbeat, after which the socket is considered dead.
pub const HEARTBEAT_TIMEOUT_MS: f64 = 10_000.0;
/// The same for a heartbeat sent on suspicion.
pub const CHECK_TIMEOUT_MS: f64 = 5_000.0;
/// A heartbeat answered within this time proves that the socket is alive.
pub const RECENT_HEARTBEAT_MS: f64 = 1_000.0;
/// A timer that fires later than this indicates a hidden tab or sleep.
pub const LATE_MS: f64 = 5_000.0;
/// How long a socket without channels stays open, so that components that unmount and mount again can reuse it.
pub const LINGER_MS: f64 = 1_000.0;
/// Minimum time between connections, regardless of what the user does.
pub const CONNECT_GAP_MS: f64 = 1_000.0;

/// Consecutive refusals after which the application is informed. A refusal is an actual response: the server refuses
/// the connection or the join, or the token provider throws. With the backoff, the third follows the first after 1.5 s
/// on average.
pub const REFUSALS_TO_TELL: u32 = 3;
/// How long attempts may continue without success, for any reason, before the application is informed. Server restarts
/// and network changes are usually over by then.
pub const TROUBLE_MS: f64 = 8_000.0;

/// How long before its expiry a token is renewed, or at half of its lifetime if that is shorter.
pub const REFRESH_LEAD_MS: f64 = 60_000.0;
/// Minimum time between requests for a renewal.
pub const REFRESH_GAP_MS: f64 = 5_000.0;
/// Interval between requests for a token while the received tokens have already expired by the local clock, which may
/// be wrong.
pub const STALE_REFRESH_MS: f64 = 30_000.0;

/// Joins that may be sent without spacing. Together with the spacing, at most 50 are sent in any second; the server
/// accepts 100 for a whole project (recording `rate-limits-joins`).
pub const JOINS_AT_ONCE: f64 = 10.0;
/// Spacing of further joins.
pub const JOIN_SPACING_MS: f64 = 25.0;

// Rooms.

/// Between two broadcasts of the own state: at most 20 in a second.
pub const STATE_GAP_MS: f64 = 50.0;
/// Between two updates of the own presence entry. Hosted servers accept 5 in 30 seconds, and close the channel at the
/// next one.
pub const TRACK_GAP_MS: f64 = 10_000.0;
/// The minimum interval between reports of the other people in a room: a frame of most screens.
pub const SHOW_GAP_MS: f64 = 16.0;

// Offline.

/// From the first change of an entry until it is stored, together with other changes during that time.
pub const SHELF_BATCH_MS: f64 = 250.0;
/// An entry whose stored time is this far in the future was stored with a wrong clock.
pub const MAX_CLOCK_ERROR_MS: u64 = 86_400_000;
/// How long a tab stays the leader without renewing its lease.
pub const LEASE_MS: u64 = 10_000;
/// The interval at which the leading tab renews its lease.
pub const LEASE_RENEWAL_MS: u64 = 3_000;
