//! Reads tokens: the user, and the lifetime.

use crate::data::{Data, Value};
use crate::time::Moment;

/// Claims about how, when and in which session a token was issued. A renewal may change any of them, and row security
/// does not depend on them.
const ISSUANCE: [&str; 12] = [
    "iat",
    "exp",
    "nbf",
    "jti",
    "session_id",
    "sid",
    "auth_time",
    "amr",
    "nonce",
    "at_hash",
    "origin_jti",
    "fva",
];

/// Claims that distinguish users with a `sub`. A `sub` is unique within its issuer (RFC 7519, 4.1.2), and each role
/// has its own policies in the database.
const IDENTITY: [&str; 4] = ["sub", "iss", "aud", "role"];

/// The user of a request, as far as row security can tell.
#[derive(Clone)]
pub enum Subject<D> {
    /// A request without a token, or with a token without claims.
    Nobody,
    /// The claims of a JWT, except those about its issuance.
    Claims(D),
    /// A token that is not a JWT; the whole text identifies the user.
    Opaque(String),
}

impl<D: Data> Subject<D> {
    /// The subject of a token with these claims; `None` for a token that is not a JWT.
    pub fn of(token: &str, claims: Option<&D>) -> Self {
        let Some(claims) = claims else { return Self::Opaque(token.to_owned()) };
        let claims = D::object(Some(claims), &ISSUANCE, &[]);
        if claims.is_equal(&D::object(None, &[], &[])) {
            Self::Nobody
        } else {
            Self::Claims(claims)
        }
    }

    /// Whether both are the same user: same `sub`, `iss`, `aud` and `role`; without a `sub`, all claims must be
    /// equal.
    pub fn is_same_user(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Claims(own), Self::Claims(other)) if has_sub(own) && has_sub(other) => {
                IDENTITY.iter().all(|claim| is_same_claim(own, other, claim))
            }
            _ => self.has_same_rights(other),
        }
    }

    /// Whether row security shows both the same rows.
    pub fn has_same_rights(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nobody, Self::Nobody) => true,
            (Self::Claims(own), Self::Claims(other)) => own.is_equal(other),
            (Self::Opaque(own), Self::Opaque(other)) => own == other,
            _ => false,
        }
    }

    /// The user's id, if the token is a JWT that contains it.
    pub fn user_id(&self) -> Option<String> {
        match self {
            Self::Claims(claims) => claims.column("sub").text().map(str::to_owned),
            Self::Nobody | Self::Opaque(_) => None,
        }
    }

    /// The identity of the user: the id, or the whole text of a token that is not a JWT.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Nobody | Self::Claims(_) => self.user_id(),
            Self::Opaque(text) => Some(text.clone()),
        }
    }

    /// The user's name, if the token contains one: the name in the user's own metadata, otherwise the part of the
    /// email address before the `@`.
    pub fn name(&self) -> Option<String> {
        let Self::Claims(claims) = self else { return None };
        let text =
            |object: &D, name| object.column(name).text().filter(|text| !text.is_empty()).map(str::to_owned);
        let metadata = claims.child("user_metadata");
        let own = metadata.and_then(|own| text(&own, "full_name").or_else(|| text(&own, "name")));
        own.or_else(|| Some(text(claims, "email")?.split('@').next()?.to_owned()))
    }
}

fn has_sub<D: Data>(claims: &D) -> bool {
    !matches!(claims.column("sub"), Value::Absent | Value::Null)
}

fn is_same_claim<D: Data>(own: &D, other: &D, name: &'static str) -> bool {
    own.column(name) == other.column(name)
        && match (own.child(name), other.child(name)) {
            (Some(own), Some(other)) => own.is_equal(&other),
            _ => true,
        }
}

/// How many milliseconds the token remains valid. `None` if it has no expiry.
///
/// The server's clock decides, and the local one may be wrong. If it is behind, a token would seem to live longer
/// than it was issued for; if it is ahead, a token would seem expired when it has just been received. In both cases
/// the lifetime from `iat` to `exp` counts from now. A token that has expired nevertheless causes a 401.
pub fn life_left_ms<D: Data>(claims: &D, now: Moment) -> Option<f64> {
    let expires_ms = milliseconds(claims, "exp")?;
    let left_ms = expires_ms - now.wall_ms;
    let whole_ms = milliseconds(claims, "iat").map(|issued_ms| expires_ms - issued_ms);
    match whole_ms {
        Some(whole_ms) if left_ms <= 0.0 || left_ms > whole_ms => Some(whole_ms),
        None if left_ms <= 0.0 => None,
        _ => Some(left_ms),
    }
}

fn milliseconds<D: Data>(claims: &D, name: &'static str) -> Option<f64> {
    match claims.column(name) {
        Value::Number(seconds) => Some(seconds * 1_000.0),
        _ => None,
    }
}
