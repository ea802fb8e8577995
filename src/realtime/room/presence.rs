//! The people in a room, as the server reports them: first everyone, then arrivals and departures.
//!
//! The server identifies a person by a key, here the user's id, and lists one entry per connection under it. A tab may
//! temporarily have two entries: after a reconnection, until the server notices that the previous connection is dead;
//! and on a new state, when the new entry arrives before the old one leaves. So a tab is present as long as it has any
//! entry.

use crate::data::{Data, Form, Value};

/// The latest time that a JavaScript `Date` can represent.
const LAST_TIME_MS: f64 = 8.64e15;

/// Another person in a room, with one or more tabs.
#[derive(Clone)]
pub struct Member<D> {
    /// The user's id.
    pub user_id: String,
    /// The name that the user's client sent; may be empty.
    pub name: String,
    /// Always the same for the same user.
    pub color: &'static str,
    /// The state of the tab that changed its state last.
    pub state: D,
    /// When the first of the tabs arrived (milliseconds since 1970, by that user's clock).
    pub since_ms: f64,
}

impl<D: Data> Member<D> {
    /// Whether everything that the application sees is equal.
    pub fn is_same(&self, other: &Self) -> bool {
        self.user_id == other.user_id
            && self.name == other.name
            && self.since_ms.to_bits() == other.since_ms.to_bits()
            && self.state.is_equal(&other.state)
    }
}

/// One tab of a person and its state.
struct Tab<D> {
    user: String,
    /// Chosen by the tab itself.
    id: String,
    /// The server's ids of its entries; at least one.
    entries: Vec<String>,
    name: String,
    since_ms: f64,
    /// When the tab set its state, by its own clock. The later of two states of a tab wins.
    at_ms: f64,
    state: D,
}

/// Everyone in the room, including this client, ordered by the time of the last state change.
pub struct Presence<D> {
    tabs: Vec<Tab<D>>,
}

impl<D> Default for Presence<D> {
    fn default() -> Self {
        Self { tabs: Vec::new() }
    }
}

impl<D: Data> Presence<D> {
    /// Replaces everyone with the payload of `presence_state`. Keeps newer states of people who are still there.
    pub fn replace(&mut self, everyone: &D) {
        for tab in &mut self.tabs {
            tab.entries.clear();
        }
        self.join_all(everyone);
        self.forget_gone();
    }

    /// Applies arrivals and departures: the payload of `presence_diff`. Returns whether a new tab arrived.
    pub fn apply(&mut self, diff: &D) -> bool {
        // Arrivals first: a tab that changes its state appears in both lists.
        let is_news = diff.child("joins").is_some_and(|joins| self.join_all(&joins));
        for (user, metas) in diff.child("leaves").iter().flat_map(Data::members) {
            for meta in metas_of(&metas) {
                let entry = text(&meta, "phx_ref");
                for tab in self.tabs.iter_mut().filter(|tab| tab.user == user) {
                    tab.entries.retain(|known| *known != entry);
                }
            }
        }
        self.forget_gone();
        is_news
    }

    fn forget_gone(&mut self) {
        self.tabs.retain(|tab| !tab.entries.is_empty());
    }

    /// Applies a broadcast state. Ignores unknown tabs, whose presence entry will contain the state.
    pub fn hear(&mut self, shown: &D) {
        let (id, at_ms) = (text(shown, "tab"), number(shown, "at"));
        let Some(place) = self.tabs.iter().position(|tab| tab.id == id) else { return };
        if let Some(state) = state_of(shown).filter(|_| self.tabs[place].at_ms < at_ms) {
            let tab = Tab { at_ms, state, ..self.tabs.remove(place) };
            self.tabs.push(tab);
        }
    }

    /// The other people, by time of arrival.
    pub fn others(&self, own_user: &str) -> Vec<Member<D>> {
        let mut others: Vec<Member<D>> = Vec::new();
        for tab in self.tabs.iter().filter(|tab| tab.user != own_user) {
            let place = others.iter().position(|member| member.user_id == tab.user);
            let earlier = place.map(|place| others.remove(place).since_ms);
            let member = Member {
                user_id: tab.user.clone(),
                name: tab.name.clone(),
                color: color_of(&tab.user),
                state: tab.state.clone(),
                since_ms: earlier.map_or(tab.since_ms, |since_ms| since_ms.min(tab.since_ms)),
            };
            let is_after = |other: &Member<D>| {
                let by_time = other.since_ms.total_cmp(&member.since_ms);
                by_time.then_with(|| other.user_id.cmp(&member.user_id)).is_gt()
            };
            let place = others.iter().position(is_after).unwrap_or(others.len());
            others.insert(place, member);
        }
        others
    }

    /// Adds entries by key. Returns whether one of them belongs to a new tab.
    fn join_all(&mut self, people: &D) -> bool {
        let mut is_news = false;
        for (user, metas) in people.members() {
            for meta in metas_of(&metas) {
                is_news |= self.join(&user, &meta);
            }
        }
        is_news
    }

    fn join(&mut self, user: &str, meta: &D) -> bool {
        let entry = text(meta, "phx_ref");
        // Entries of other clients may lack the tab's id.
        let id = Some(text(meta, "tab")).filter(|id| !id.is_empty()).unwrap_or_else(|| entry.clone());
        let place = self.tabs.iter().position(|tab| tab.user == user && tab.id == id);
        let known = place.map(|place| self.tabs.remove(place));
        let is_new = known.is_none();
        let at_ms = number(meta, "at");
        let fresh = Tab {
            user: user.to_owned(),
            id,
            entries: Vec::new(),
            name: text(meta, "name"),
            since_ms: number(meta, "since").clamp(0.0, LAST_TIME_MS),
            at_ms,
            state: state_of(meta).unwrap_or_else(|| D::object(None, &[], &[])),
        };
        // An entry may contain an old state, so only the clocks tell which tab changed its state last.
        let by_time = self.tabs.iter().position(|other| other.at_ms > at_ms).unwrap_or(self.tabs.len());
        let (mut tab, place) = match (known, place) {
            // A newer state of this tab has already been received.
            (Some(known), Some(place)) if known.at_ms >= at_ms => (known, place),
            (Some(known), _) => (Tab { entries: known.entries, ..fresh }, by_time),
            (None, _) => (fresh, by_time),
        };
        if !tab.entries.contains(&entry) {
            tab.entries.push(entry);
        }
        self.tabs.insert(place, tab);
        is_new
    }
}

fn metas_of<D: Data>(person: &D) -> Vec<D> {
    person.child("metas").map(|metas| metas.items()).unwrap_or_default()
}

fn state_of<D: Data>(shown: &D) -> Option<D> {
    shown.child("state").filter(|state| state.is(Form::Object))
}

fn text<D: Data>(object: &D, name: &'static str) -> String {
    object.column(name).text().unwrap_or_default().to_owned()
}

fn number<D: Data>(object: &D, name: &'static str) -> f64 {
    match object.column(name) {
        Value::Number(number) => number,
        _ => 0.0,
    }
}

/// White text is readable on each of these colors, and each is readable on white.
const COLORS: [&str; 12] = [
    "#b3261e", "#a63d00", "#8a5000", "#6b5e00", "#4a6700", "#1b6e1b", "#006d5b", "#00687c", "#005ea8",
    "#4a4fc4", "#7a3fb5", "#a52d80",
];

/// The color of a user, derived from a hash of the id (FNV-1a).
fn color_of(user_id: &str) -> &'static str {
    let hash = user_id
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    COLORS[hash as usize % COLORS.len()]
}
