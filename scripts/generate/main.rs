//! Generates the TypeScript that is derived from the crate, into the folder given as the argument: `cargo run --example
//! generate -- pkg-template/src/generated`.
//!
//! `rows.ts` contains the types of rows, queries and settings, `functions.ts` the functions of `db`, `keys.ts` the
//! cache keys, and `timing.ts` the delays.

#![allow(clippy::format_collect, clippy::format_push_string, reason = "it runs once, and reads better")]

mod functions;
mod keys;
mod rows;
mod timing;

use std::path::PathBuf;
use std::{env, fs, io};

const NOTE: &str = "// Written by scripts/generate from the crate. Changes here are lost.\n";

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).expect("the folder to write to"));
    fs::create_dir_all(&folder)?;
    for (name, text) in [
        ("rows.ts", rows::module()),
        ("functions.ts", functions::module()),
        ("keys.ts", keys::module()),
        ("timing.ts", timing::module()),
    ] {
        fs::write(folder.join(name), [NOTE, &text].concat())?;
    }
    Ok(())
}

/// `snake_case` as `snakeCase`.
fn camel(text: &str) -> String {
    let mut words = text.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// Formats the lines as a comment.
fn comment(indent: &str, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.trim()).collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let lines = lines.iter().map(|line| format!("{indent} * {line}"));
            let body: String = lines.map(|line| line.trim_end().to_owned() + "\n").collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}
