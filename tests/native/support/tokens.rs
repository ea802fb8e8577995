//! The application's token provider.

use super::json::Json;
use super::random::uuid_of;
use super::runtime::Runtime;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::rc::Rc;
use workflow_db::data::Data;
use workflow_db::error::{code, Error};

/// How the provider answers a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Returns the signed-in user's token after this many milliseconds. The user is determined at the start.
    After(f64),
    Throws,
    Hangs,
}

#[derive(Default)]
pub struct Tokens {
    /// Distinguishes the tokens of different clients.
    client: u64,
    user: RefCell<Option<String>>,
    /// Each renewal creates another token of the same user.
    number: Cell<u32>,
    script: RefCell<VecDeque<Answer>>,
    asked: Cell<u32>,
    decoded: Cell<u32>,
    /// The claims of the token, if it has more than a `sub`.
    claims: RefCell<Option<serde_json::Value>>,
    /// The rejected tokens that were reported to the provider.
    rejected: RefCell<Vec<String>>,
}

impl Tokens {
    pub fn new(client: u64) -> Rc<Self> {
        Rc::new(Self { client, ..Self::default() })
    }

    pub fn sign_in(&self, user: Option<&str>) {
        self.become_user(user.map(uuid_of));
    }

    /// The user with this id is signed in.
    pub fn become_user(&self, id: Option<String>) {
        *self.user.borrow_mut() = id;
        *self.claims.borrow_mut() = None;
        self.renew();
    }

    /// Sets the claims of the provider's token.
    pub fn claim(&self, claims: serde_json::Value) {
        *self.claims.borrow_mut() = Some(claims);
    }

    /// The tokens that the server rejected, as reported to the provider.
    pub fn rejected(&self) -> Vec<String> {
        self.rejected.borrow().clone()
    }

    pub fn renew(&self) {
        self.number.set(self.number.get() + 1);
    }

    /// Sets how the next call is answered.
    pub fn next(&self, answer: Answer) {
        self.script.borrow_mut().push_back(answer);
    }

    /// Removes all pending answers.
    pub fn heal(&self) {
        self.script.borrow_mut().clear();
    }

    pub fn user(&self) -> Option<String> {
        self.user.borrow().clone()
    }

    /// The provider's current token: `SUBJECT#CLIENT.NUMBER`, or claims as JSON.
    pub fn current(&self) -> Option<String> {
        if let Some(claims) = &*self.claims.borrow() {
            return Some(claims.to_string());
        }
        self.user().map(|user| format!("{user}#{}.{}", self.client, self.number.get()))
    }

    pub fn times_asked(&self) -> u32 {
        self.asked.get()
    }

    pub fn decode(&self, token: &str) -> Option<Json> {
        self.decoded.set(self.decoded.get() + 1);
        claims_of(token)
    }

    pub fn times_decoded(&self) -> u32 {
        self.decoded.get()
    }

    pub fn ask(
        self: Rc<Self>,
        runtime: Rc<Runtime>,
        rejected: Option<&str>,
    ) -> impl Future<Output = Result<Option<String>, Error>> {
        self.rejected.borrow_mut().extend(rejected.map(str::to_owned));
        self.answer(runtime)
    }

    async fn answer(self: Rc<Self>, runtime: Rc<Runtime>) -> Result<Option<String>, Error> {
        self.asked.set(self.asked.get() + 1);
        let token = self.current();
        let answer = self.script.borrow_mut().pop_front();
        match answer {
            None => runtime.turns(1).await,
            Some(Answer::After(ms)) => runtime.sleep(ms).await,
            Some(Answer::Throws) => {
                return Err(Error::new(code::UNKNOWN_ERROR, "The accessToken provider failed"))
            }
            Some(Answer::Hangs) => std::future::pending().await,
        }
        Ok(token)
    }
}

fn claims_of(token: &str) -> Option<Json> {
    if token.starts_with('{') {
        return Json::parse(token);
    }
    Some(Json::from(serde_json::json!({ "sub": subject_of(token) })))
}

pub fn subject_of(token: &str) -> Option<String> {
    if token.starts_with('{') {
        return Json::parse(token)?.column("sub").text().map(str::to_owned);
    }
    token.split('#').next().map(str::to_owned)
}
