//! Runs the writes to one row one after another.

use super::shared::Shared;
use super::Engine;
use crate::error::Error;
use crate::platform::Platform;
use futures_channel::oneshot;
use futures_util::future::FutureExt;
use std::rc::Rc;

/// For each row with writes in flight, the end of the last write in line.
#[derive(Default)]
pub struct Turns {
    last: Vec<(String, Shared<()>)>,
}

/// One write's turn. It ends when this is dropped.
pub struct Turn<P: Platform> {
    engine: Rc<Engine<P>>,
    end: Shared<()>,
    /// Dropping it ends the turn.
    _ender: oneshot::Sender<()>,
}

impl<P: Platform> Drop for Turn<P> {
    fn drop(&mut self) {
        self.engine.state.borrow_mut().turns.last.retain(|(_, end)| !end.is_same(&self.end));
    }
}

impl<P: Platform> Engine<P> {
    /// Waits until all earlier writes to the row have ended.
    ///
    /// # Errors
    /// `ABORTED` if another user has signed in by then.
    pub(super) async fn turn(self: &Rc<Self>, id: &str) -> Result<Turn<P>, Error> {
        let epoch = self.epoch();
        let (sender, ended) = oneshot::channel::<()>();
        let (before, end) = {
            let turns = &mut self.state.borrow_mut().turns.last;
            let place = turns.iter().position(|(row, _)| row == id);
            let before = place.map(|place| turns.swap_remove(place).1);
            let earlier = before.clone();
            let end = async move {
                if let Some(earlier) = earlier {
                    earlier.wait().await;
                }
                // Resolves when the sender is dropped.
                let _ = ended.await;
            };
            let end = Shared::new(end.boxed_local());
            turns.push((id.to_owned(), end.clone()));
            (before, end)
        };
        // If the write is aborted here, its place in line stays: the next one still waits for the earlier ones.
        if let Some(before) = before {
            before.wait().await;
        }
        let turn = Turn { engine: self.clone(), end, _ender: sender };
        // A write that one user started is not sent in another user's name.
        match epoch.end() {
            None => Ok(turn),
            Some(_) => Err(Error::aborted("The user changed before the write was sent")),
        }
    }
}
