//! A program: the steps of a run. It is a value, so that it can be repeated, shortened and printed.
//!
//! Arguments are JSON. Texts that begin with `$` are placeholders, resolved when the step runs: `$me` is the user of
//! the tab, `$workflows:3` one of that user's workflows, `$*workflows:3` one of any user's, `$mark` a text that is
//! unique to this step, `$email:1` the address of a user, `$version` the `updated_at` of the row that the first
//! argument names, `$base` its graph.

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

/// The settings of a whole run.
#[derive(Clone, Debug)]
pub struct Setting {
    pub tabs: usize,
    /// Whether the users sign in in every tab, and another device changes their rows too. Otherwise each tab has its
    /// own users.
    pub shares_users: bool,
    /// Whether the users also share workflows with each other. In this case there are three users, two of them in each
    /// tab.
    pub shares_workflows: bool,
    /// The server truncates longer lists.
    pub max_rows: usize,
    /// A fault of the model that tests the simulation itself.
    pub planted: Option<Planted>,
}

#[derive(Clone, Copy, Debug)]
pub enum Planted {
    /// The server creates a second row if an insert is repeated.
    SecondInsert,
    /// The server returns rows of other users.
    OtherUsersRows,
    /// The server omits the first row of every page.
    ShortPages,
    /// The cache does not learn which entries were used.
    ForgottenUse,
    /// Former members can still read everything.
    FormerMembers,
    /// Viewers can write like editors.
    WritingViewers,
}

/// The users of a program with shared workflows.
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

    /// Whether workflows become public, and private again. Unlike the end of a membership, this is not reported to
    /// anyone.
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
    /// Calls a function of `db` with a list of arguments.
    Call {
        tab: usize,
        name: &'static str,
        arguments: Text,
        options: Options,
    },
    /// Reads the page after or before the last page of this tab.
    Turn {
        tab: usize,
        is_back: bool,
    },
    /// Aborts a call in flight through its signal.
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
    /// Signs this user in, or the current user out.
    SignIn {
        tab: usize,
        user: Option<usize>,
    },
    /// Lets the token expire; the provider has a new one.
    Expire {
        tab: usize,
    },
    /// The application reports that the user may have changed.
    Check {
        tab: usize,
    },
    /// The auth library passes another token of the same user.
    Renew {
        tab: usize,
    },
    Provider {
        tab: usize,
        answer: Answer,
    },
    /// The engine fails, and a new one replaces it.
    Restart {
        tab: usize,
    },
    /// The application closes the client and continues to use it.
    Close {
        tab: usize,
    },
    /// The wall clock is changed, or the machine slept.
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
    /// Cuts the connection between this tab and the servers, or restores it.
    Cut {
        tab: usize,
        is_cut: bool,
    },
    /// A share of the requests is lost, broken or refused.
    Faults {
        rate: f64,
    },
    /// The next request that begins like this has this fault.
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
    /// Ends every fault and waits until nothing is in flight.
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
    /// Sockets stay open but transport nothing.
    Silence,
    Restart,
    Down(bool),
    /// The realtime server lost its database connection without reporting it.
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
    /// The program as a test that can be added to `scenarios/found.rs`.
    pub fn code(&self) -> String {
        let steps: Vec<String> =
            self.steps.iter().map(|(luck, step)| format!("            ({luck}, {step:?}),\n")).collect();
        let steps = steps.concat();
        format!(
            "#[test]\nfn name_the_behavior() {{\n    replay(&Program {{\n        setting: {:?},\n        \
             steps: vec![\n{steps}        ],\n    }});\n}}\n",
            self.setting
        )
    }
}
