//! How long to wait for what, how often to do what, and how long what counts.

// Requests and the cache.

/// One attempt of a request, unless configured.
pub const DEFAULT_TIMEOUT_MS: f64 = 15_000.0;
/// How long a cached entry answers, unless configured.
pub const DEFAULT_TTL_MS: f64 = 300_000.0;
/// Entries that are too old are removed no more often.
pub const MIN_SWEEP_MS: f64 = 1_000.0;
/// A token that the auth library told and that ends within this time is renewed first, as supabase-js does when it is
/// asked.
pub const RENEWAL_LEAD_MS: f64 = 90_000.0;
/// While such a token is still good, its renewal delays a request by no more than this.
pub const MAX_RENEWAL_DELAY_MS: f64 = 500.0;

// Subscriptions.

/// How often scopes are read again without any sign of a gap, unless configured.
pub const DEFAULT_RESYNC_MS: f64 = 900_000.0;
/// A scope that was not read for this long is read again when the page is shown, focused or online.
pub const UNCONFIRMED_MS: f64 = 60_000.0;
/// The echo of an own write is missing after this: the server polls for changes ten times a second, and tells at once.
pub const ECHO_OVERDUE_MS: f64 = 5_000.0;
/// An echo is no longer waited for after this.
pub const ECHO_TIMEOUT_MS: f64 = 30_000.0;

// The socket and its channels.

/// A socket that is not open by then never will be.
pub const CONNECT_TIMEOUT_MS: f64 = 10_000.0;
/// A token provider that has not answered by then has failed.
pub const TOKEN_TIMEOUT_MS: f64 = 30_000.0;
/// A join that is not answered by then is sent again.
pub const JOIN_TIMEOUT_MS: f64 = 10_000.0;
/// A joined channel that is not ready by then is joined again. A server that had no subscriber takes up to five seconds
/// by itself (recording `timing-cold-join`).
pub const READY_TIMEOUT_MS: f64 = 60_000.0;
/// Between heartbeats. The server closes a socket on which it heard nothing for 60 s (recording `missed-heartbeats`).
pub const HEARTBEAT_MS: f64 = 25_000.0;
/// A socket whose heartbeat is not answered by then is dead.
pub const HEARTBEAT_TIMEOUT_MS: f64 = 10_000.0;
/// The same when there is reason for suspicion.
pub const CHECK_TIMEOUT_MS: f64 = 5_000.0;
/// A heartbeat that was sent within this time and answered is proof enough that the socket lives.
pub const RECENT_HEARTBEAT_MS: f64 = 1_000.0;
/// A timer that fires later than this tells of a hidden tab or of sleep.
pub const LATE_MS: f64 = 5_000.0;
/// How long a socket without channels is kept, so that what is taken down and put up again finds it.
pub const LINGER_MS: f64 = 1_000.0;
/// Whatever the user does, connections begin no more often.
pub const CONNECT_GAP_MS: f64 = 1_000.0;

/// After this many refusals in a row, the application is told. Each comes from someone who answers: a server that refuses
/// the connection or the join, or a token provider that throws. With the waits between them, the third comes 1.5 s after
/// the first on average.
pub const REFUSALS_TO_TELL: u32 = 3;
/// The application is told of attempts that go on for this long without success, whatever the reason: nothing may answer
/// at all. Restarts of a server and changes of the network are mostly over by then.
pub const TROUBLE_MS: f64 = 8_000.0;

/// A token is renewed this long before it expires, or at half of its life when that is shorter.
pub const REFRESH_LEAD_MS: f64 = 60_000.0;
/// The provider is asked for a renewal no more often.
pub const REFRESH_GAP_MS: f64 = 5_000.0;
/// The provider is asked this often while the tokens it gives have expired by our clock, which may be wrong.
pub const STALE_REFRESH_MS: f64 = 30_000.0;

/// This many joins may go out at once; the others follow one by one. With the spacing that makes at most 50 in any
/// second; the server takes 100 of a whole project (recording `rate-limits-joins`).
pub const JOINS_AT_ONCE: f64 = 10.0;
/// Time between two joins in the long run.
pub const JOIN_SPACING_MS: f64 = 25.0;
