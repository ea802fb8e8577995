//! A read: cache, join, batch, request, cache.

use super::call::{CallOptions, Sent, Stage};
use super::reads::{Outcome, ReadInFlight};
use super::shared::Shared;
use super::store_response::ReadGuard;
use super::Engine;
use crate::cache::{Freshness, Shape};
use crate::data::Data;
use crate::error::Error;
use crate::flows::{Load, LoadFlow, Loaded};
use crate::platform::{Event, Platform};
use crate::tables::INVITATIONS_KEY;
use futures_util::future::{select, Either, FutureExt, LocalBoxFuture};
use std::pin::pin;
use std::rc::Rc;

/// A query and its cache key.
#[derive(Clone)]
pub struct Read {
    /// The cache key.
    pub key: String,
    /// What to load.
    pub load: Load,
}

type Loading<D> = LocalBoxFuture<'static, Result<Option<Loaded<D>>, Error>>;

impl<P: Platform> Engine<P> {
    /// Answers from the cache, from a read in flight, or from the server. `None` if the row does not exist.
    pub async fn read(self: &Rc<Self>, read: Read, options: CallOptions) -> Outcome<P::Data> {
        let stage = Stage::default();
        let timeout_ms = options.timeout_ms.unwrap_or_else(|| self.settings().timeout_ms);
        let work = async {
            self.settled().await;
            let read = self.completed(read, timeout_ms).await?;
            if !options.fresh {
                if let Some(data) = self.hit(&read, timeout_ms) {
                    return Ok(Some(data));
                }
            }
            let (flight, sent) = self.join_or_start(&read, timeout_ms, options.ttl_ms, options.fresh);
            stage.waits_for(&sent);
            flight.wait().await
        };
        self.supervise(options.cancelled, &stage, work.boxed_local()).await
    }

    /// The read with its complete key: for invitations, the arguments do not name the signed-in user.
    async fn completed(self: &Rc<Self>, read: Read, timeout_ms: f64) -> Result<Read, Error> {
        if read.key != INVITATIONS_KEY.prefix {
            return Ok(read);
        }
        if self.user_id().is_none() {
            let timeout = self.platform.sleep(timeout_ms);
            match select(pin!(self.authorize(None).boxed_local()), pin!(timeout)).await {
                Either::Left((token, _)) => token?,
                Either::Right(_) => return Err(Error::timeout()),
            };
        }
        Ok(Read { key: INVITATIONS_KEY.of(&[&self.user_id().unwrap_or_default()]), ..read })
    }

    /// The cached entry, if it is fresh enough.
    fn hit(self: &Rc<Self>, read: &Read, timeout_ms: f64) -> Option<P::Data> {
        if read.load.is_page() {
            return None;
        }
        self.learn_use();
        self.compose_from_parts(&read.key);
        let now = self.platform.now();
        let found = self
            .state
            .borrow_mut()
            .store
            .get(&read.key, now)
            .map(|(entry, freshness)| (entry.data.clone(), freshness));
        // `get` may have removed an expired entry.
        self.flush();
        let Some((data, freshness)) = found else {
            self.platform.event(Event::Miss { key: &read.key });
            return None;
        };
        self.publish(&read.key);
        self.platform.event(Event::Hit { key: &read.key });
        if freshness == Freshness::Stale {
            self.refresh_in_background(read, timeout_ms);
        }
        Some(data)
    }

    fn refresh_in_background(self: &Rc<Self>, read: &Read, timeout_ms: f64) {
        let (flight, _) = self.join_or_start(read, timeout_ms, None, false);
        let epoch = self.epoch();
        // If this fails, observers keep the current entry and the next read tries again.
        self.platform.spawn(async move {
            let ended = pin!(epoch.ended());
            select(pin!(flight.wait()), ended).await;
        });
    }

    fn join_or_start(
        self: &Rc<Self>,
        read: &Read,
        timeout_ms: f64,
        ttl_ms: Option<f64>,
        is_fresh: bool,
    ) -> (Shared<Outcome<P::Data>>, Sent) {
        let joined = {
            let state = &mut *self.state.borrow_mut();
            state.reads.join(&state.log, &read.key, timeout_ms, is_fresh)
        };
        if let Some(flight) = joined {
            self.platform.event(Event::Joined { key: &read.key });
            return flight;
        }
        self.start(read, timeout_ms, ttl_ms, is_fresh)
    }

    /// Starts a read. The response must be up to date for a fresh read, and for a read whose response replaces an
    /// entry: if that response were dropped, the older entry would remain.
    fn start(
        self: &Rc<Self>,
        read: &Read,
        timeout_ms: f64,
        ttl_ms: Option<f64>,
        is_fresh: bool,
    ) -> (Shared<Outcome<P::Data>>, Sent) {
        let (loading, sent) = self.ask(read.load.clone(), timeout_ms, is_fresh);
        let number = self.state.borrow_mut().reads.next_number();
        let mut guard =
            ReadGuard { engine: self.clone(), key: read.key.clone(), number, sent: sent.clone(), repeats: 0 };
        let load = read.load.clone();
        let flight = async move {
            let mut outcome = loading.await;
            while guard.must_repeat(&outcome) {
                let (loading, sent) = guard.engine.ask(load.clone(), timeout_ms, true);
                guard.repeats_with(sent);
                outcome = loading.await;
            }
            guard.store(outcome, ttl_ms)
        };
        let flight = Shared::new(flight.boxed_local());
        let mut state = self.state.borrow_mut();
        let insists = is_fresh || state.store.peek(&read.key).is_some();
        let (key, load, weak) = (read.key.clone(), &read.load, flight.downgrade());
        let mut in_flight = ReadInFlight::new(number, key, load, timeout_ms, weak, sent.clone());
        in_flight.insists = insists;
        state.reads.begin(in_flight);
        drop(state);
        (flight, sent)
    }

    fn ask(self: &Rc<Self>, load: Load, timeout_ms: f64, is_fresh: bool) -> (Loading<P::Data>, Sent) {
        let (loading, sent) = self.load(load, timeout_ms);
        if is_fresh {
            sent.go_past_http_cache();
        }
        (loading, sent)
    }

    /// Requests the data. The second value says when the request was sent.
    fn load(self: &Rc<Self>, load: Load, timeout_ms: f64) -> (Loading<P::Data>, Sent) {
        match load {
            Load::Row(lookup) => {
                let table = lookup.table;
                let (rows, sent) = self.in_batch(lookup, timeout_ms);
                let row = async move {
                    let rows = rows.await?;
                    Ok((!rows.is_empty()).then(|| Loaded::Entry(rows.item(0), Shape::Row(table))))
                };
                (row.boxed_local(), sent)
            }
            Load::Children(lookup) => {
                let query = lookup.query();
                let (rows, sent) = self.in_batch(lookup, timeout_ms);
                let list = async move { Ok(Some(Loaded::Entry(rows.await?, Shape::List(Rc::new(query))))) };
                (list.boxed_local(), sent)
            }
            load => {
                let (engine, sent) = (self.clone(), Sent::default());
                let mark = sent.clone();
                let loading = async move {
                    match LoadFlow::new(load) {
                        Some(mut flow) => engine.run(&mut flow, timeout_ms, &mark).await,
                        None => Ok(None),
                    }
                };
                (loading.boxed_local(), sent)
            }
        }
    }
}
