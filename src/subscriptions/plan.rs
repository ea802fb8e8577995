//! Indexes over the subscriptions, derived from them and rebuilt after one of them changed.

use super::subscription::Subscription;
use crate::data::{Data, Value};
use crate::tables::Table;

/// Finds the subscriptions that a frame or a row concerns, without looking at the others.
pub(super) struct Plan {
    /// Channel, position of the subscription's first binding on it, and subscription, in ascending order.
    bindings: Vec<(u32, usize, u32)>,
    /// The places of the subscriptions without a filter, in ascending order of their scopes; those without a scope
    /// come first.
    by_scope: Vec<usize>,
    /// The subscriptions whose scopes are being read, in ascending order.
    pub being_read: Vec<u32>,
}

impl Plan {
    pub fn new<D: Data>(all: &[Subscription<D>]) -> Self {
        let mut plan = Self { bindings: Vec::new(), by_scope: Vec::new(), being_read: Vec::new() };
        for (place, subscription) in all.iter().enumerate() {
            if let Some((channel, first)) = subscription.channel {
                let route = (channel, first, subscription.number);
                plan.bindings.insert(plan.bindings.partition_point(|other| *other < route), route);
            }
            if subscription.selection.filter.is_none() {
                let scope = scope_of(subscription);
                let at = plan.by_scope.partition_point(|other| scope_of(&all[*other]) <= scope);
                plan.by_scope.insert(at, place);
            }
            if subscription.is_being_read() {
                plan.being_read.push(subscription.number);
            }
        }
        plan
    }

    /// The subscriptions whose bindings are at these positions of the channel, each with the positions among its own
    /// bindings. The positions ascend.
    pub fn bound(&self, channel: u32, positions: &[usize]) -> Vec<(u32, Vec<usize>)> {
        let mut bound: Vec<(u32, Vec<usize>)> = Vec::new();
        for position in positions {
            let after = self.bindings.partition_point(|(of, first, _)| (*of, *first) <= (channel, *position));
            let Some((of, first, number)) = after.checked_sub(1).map(|at| self.bindings[at]) else {
                continue;
            };
            match bound.last_mut() {
                _ if of != channel => {}
                Some((last, own)) if *last == number => own.push(position - first),
                _ => bound.push((number, vec![position - first])),
            }
        }
        bound
    }

    /// The subscriptions of this table, without a filter, whose scope includes the row.
    pub fn including<'a, D: Data>(
        &self,
        all: &'a [Subscription<D>],
        table: &'static Table,
        row: &D,
    ) -> Vec<&'a Subscription<D>> {
        let mut including = self.in_scope(all, table, "");
        for (place, column) in table.scopes.iter().enumerate() {
            let Value::Text(scope) = row.column(column) else { continue };
            let is_repeated =
                table.scopes[..place].iter().any(|other| row.column(other).text() == Some(&scope));
            if !is_repeated {
                including.append(&mut self.in_scope(all, table, &scope));
            }
        }
        including
    }

    fn in_scope<'a, D: Data>(
        &self,
        all: &'a [Subscription<D>],
        table: &'static Table,
        scope: &str,
    ) -> Vec<&'a Subscription<D>> {
        let first = self.by_scope.partition_point(|place| scope_of(&all[*place]) < scope);
        let of_scope = self.by_scope[first..].iter().map(|place| &all[*place]);
        let of_scope = of_scope.take_while(|subscription| scope_of(subscription) == scope);
        of_scope.filter(|subscription| *subscription.selection.table == *table).collect()
    }
}

/// The scope; an empty text for all rows.
fn scope_of<D: Data>(subscription: &Subscription<D>) -> &str {
    subscription.selection.scope.as_deref().unwrap_or_default()
}
