//! A program: what happens to a world, step by step. It is a value, so that it can be repeated, shortened and printed.
//!
//! Arguments are JSON in which texts that begin with `$` stand for what is there when the step runs: `$me` is the user
//! of the tab, `$workflows:3` one of that user's workflows, `$*workflows:3` one of any user's, `$mark` a text of this
//! step alone, `$email:1` the address of a user, `$version` the `updated_at` of the row that the first argument names,
//! `$base` its graph.

use crate::support::network::Fault;
use crate::support::tokens::Answer;
use crate::support::Options;
use std::borrow::Cow;
use std::fmt;

#[derive(Clone)]
pub struct Program {
    pub setting: Setting,
    pub steps: Vec<(u64, Step)>,
}

/// What holds from the start to the end.
#[derive(Clone, Debug)]
pub struct Setting {
    pub tabs: usize,
    /// Whether the users sign in in every tab, and something else changes their rows too. Else each tab has its own.
    pub shares_users: bool,
    /// Whether the users also share workflows with each other. Then there are three, and each tab has two of them.
    pub shares_workflows: bool,
    /// The server cuts longer lists.
    pub max_rows: usize,
    /// A fault of the model, by which the simulator is tested.
    pub planted: Option<Planted>,
}

#[derive(Clone, Copy, Debug)]
pub enum Planted {
    /// The server makes another row of an insert that is repeated.
    SecondInsert,
    /// The server answers rows of other users.
    OtherUsersRows,
    /// The server leaves out the first row of every page.
    ShortPages,
    /// The cache does not hear which of its entries were used.
    ForgottenUse,
    /// Former members still read everything.
    FormerMembers,
    /// Viewers write as editors do.
    WritingViewers,
}

/// The users of a program in which workflows are shared.
pub const USERS: [&str; 3] = ["ada", "ben", "cid"];

impl Setting {
    /// The two users of a tab.
    pub fn users(&self, tab: usize) -> [String; 2] {
        if self.shares_workflows {
            [tab, tab + 1].map(|place| USERS[place % USERS.len()].to_owned())
        } else if self.shares_users {
            ["ada", "ben"].map(str::to_owned)
        } else {
            ["a", "b"].map(|name| format!("user {tab} {name}"))
        }
    }

    /// Whether workflows are made public, and private again. No one is told of that, unlike of a membership that ends.
    pub fn publishes(&self) -> bool {
        self.shares_users && !self.shares_workflows
    }
}

/// Text that prints as code.
#[derive(Clone, PartialEq)]
pub struct Text(pub Cow<'static, str>);

pub const fn text(text: &'static str) -> Text {
    Text(Cow::Borrowed(text))
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "text(r#\"{}\"#)", self.0)
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    /// A function of `db`, with a list of arguments.
    Call {
        tab: usize,
        name: &'static str,
        arguments: Text,
        options: Options,
    },
    /// The page after or before the one that this tab was answered last.
    Turn {
        tab: usize,
        is_back: bool,
    },
    /// The signal of a call that is under way.
    Abort {
        tab: usize,
        which: usize,
    },
    Follow {
        tab: usize,
        table: &'static str,
        scope: Option<Text>,
        filter: Option<&'static str>,
    },
    Unfollow {
        tab: usize,
        which: usize,
    },
    Cache {
        tab: usize,
        act: CacheCall,
    },
    Configure {
        tab: usize,
        what: Configured,
    },
    /// This user signs in, or the current one signs out.
    SignIn {
        tab: usize,
        user: Option<usize>,
    },
    /// The token runs out; the provider has another one.
    Expire {
        tab: usize,
    },
    /// The application says that the user may have changed.
    Check {
        tab: usize,
    },
    /// The auth library hands over another token of the same user.
    Renew {
        tab: usize,
    },
    Provider {
        tab: usize,
        answer: Answer,
    },
    /// The engine fails, and another one takes over.
    Restart {
        tab: usize,
    },
    /// The application closes the client, and goes on using it.
    Close {
        tab: usize,
    },
    /// The wall clock is set, or the machine slept.
    Clock {
        tab: usize,
        by_ms: f64,
    },
    ClocksChanged {
        tab: usize,
    },
    Hide {
        tab: usize,
        is_hidden: bool,
    },
    Show {
        tab: usize,
    },
    /// Nothing passes between this tab and the servers, or everything again.
    Cut {
        tab: usize,
        is_cut: bool,
    },
    /// A part of all requests is lost, broken or refused.
    Faults {
        rate: f64,
    },
    /// The next request that begins like this meets this fault.
    Once {
        request: &'static str,
        fault: Fault,
    },
    Realtime {
        trouble: Trouble,
    },
    /// Another device, or a job on the server, changes rows of the user.
    Commit {
        user: usize,
        table: &'static str,
        change: Foreign,
    },
    Pass {
        ms: f64,
    },
    /// Every fault ends, and everything comes to rest.
    Rest,
}

#[derive(Clone, Debug)]
pub enum CacheCall {
    Invalidate(usize),
    InvalidatePattern(&'static str),
    Clear,
    Get(usize),
    Set(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub enum Configured {
    StaleMs(Option<f64>),
    Ttl(f64),
    MaxSize(usize),
    Attempts(u32),
    TimeoutMs(f64),
    MaxChannels(usize),
    UnfilteredDeletes(bool),
}

#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// Sockets stay open, and nothing passes any more.
    Silence,
    Restart,
    Down(bool),
    /// The server lost the database, and says nothing.
    Deaf(bool),
    Duplicates(bool),
    Refuses(Option<u16>),
    RefusesJoins(Option<&'static str>),
}

#[derive(Clone, Debug)]
pub enum Foreign {
    Insert(Text),
    Change(usize, Text),
    Remove(usize),
}

impl Program {
    /// As a test that can be put into `scenarios/found.rs`.
    pub fn code(&self) -> String {
        let steps: Vec<String> =
            self.steps.iter().map(|(luck, step)| format!("            ({luck}, {step:?}),\n")).collect();
        let steps = steps.concat();
        format!(
            "#[test]\nfn name_the_behaviour() {{\n    replay(&Program {{\n        setting: {:?},\n        \
             steps: vec![\n{steps}        ],\n    }});\n}}\n",
            self.setting
        )
    }
}
