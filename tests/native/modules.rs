//! The crate's modules import only downwards, so that each can be read and tested with the modules below it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every module of the crate. Each may use the modules above it in this list.
const MODULES: [&str; 23] = [
    "error",
    "json",
    "uuid",
    "data",
    "merge",
    "time",
    "tables",
    "queries",
    "query",
    "retry",
    "offline",
    "rest",
    "input",
    "cache",
    "token",
    "realtime",
    "subscriptions",
    "flows",
    "platform",
    "engine",
    "api",
    "io",
    "js",
];
/// The modules that touch the browser.
const SHELL: [&str; 2] = ["io", "js"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a module, without comments.
fn code_of(module: &str) -> String {
    let file = source().join(format!("{module}.rs"));
    let files = if file.exists() { vec![file] } else { files_in(&source().join(module)) };
    let texts = files.iter().map(|file| fs::read_to_string(file).expect("a source file"));
    let text: String = texts.collect();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let nested = entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] });
    nested.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The modules that a module uses, including itself.
fn used_by(module: &str) -> BTreeSet<String> {
    let code = code_of(module);
    let names = code.split("crate::").skip(1).map(|rest| {
        rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
    });
    names.filter(|name: &String| !name.is_empty()).collect()
}

#[test]
fn every_module_uses_only_modules_below_it() {
    for (place, module) in MODULES.iter().enumerate() {
        for used in used_by(module) {
            let is_below = MODULES[..=place].contains(&used.as_str());
            assert!(is_below, "`{module}` uses `{used}`, which is not below it");
        }
    }
}

#[test]
fn every_module_is_listed() {
    let entries = fs::read_dir(source()).expect("the sources").map(|entry| entry.expect("an entry").path());
    let found: BTreeSet<_> =
        entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let mut known: BTreeSet<_> = MODULES.map(str::to_owned).into();
    known.insert("lib".to_owned());
    assert_eq!(found, known);
}

#[test]
fn only_the_shell_touches_the_browser() {
    for module in MODULES.iter().filter(|module| !SHELL.contains(module)) {
        let code = code_of(module);
        for name in ["wasm_bindgen", "js_sys", "web_sys"] {
            assert!(!code.contains(name), "`{module}` uses {name}");
        }
    }
}
