//! What is made from the definition of the command line lies in the repository for packagers:
//! completion scripts and man pages. `UPDATE=1 cargo test --test generated` (`just generate`) writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap_mangen::Man;
use kubectl_sched::decode::Kind;

const SCRIPTS: [(&str, &str); 4] = [
    ("bash", "completions/kubectl-sched.bash"),
    ("zsh", "completions/_kubectl-sched"),
    ("fish", "completions/kubectl-sched.fish"),
    ("powershell", "completions/kubectl-sched.ps1"),
];

const MAN_PAGES: &str = "docs/man";

#[test]
fn completion_scripts() {
    for (shell, path) in SCRIPTS {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched")).args(["completion", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        same(Path::new(path), &String::from_utf8(output.stdout).unwrap());
    }
}

/// `docs/rbac.yaml` asks for every kind of the table, and for events; and for nothing else.
#[test]
fn rights() {
    let role = std::fs::read_to_string(in_repository(Path::new("docs/rbac.yaml"))).unwrap();
    let role: serde_json::Value = serde_yaml::from_str(&role).unwrap();
    let texts = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut asked = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        assert_eq!(texts(&rule["verbs"]), ["list"]);
        for group in texts(&rule["apiGroups"]) {
            asked.extend(texts(&rule["resources"]).into_iter().map(|resource| (group.clone(), resource)));
        }
    }
    let mut read = BTreeSet::from([(String::new(), "events".to_owned())]);
    read.extend(Kind::ALL.iter().map(|kind| (kind.api_group().to_owned(), kind.resource().to_owned())));
    assert_eq!(asked, read);
}

#[test]
fn man_pages() {
    let mut command = kubectl_sched::cli::command().disable_help_subcommand(true);
    command.build();
    let pages = pages(&command);
    for (name, page) in &pages {
        same(&Path::new(MAN_PAGES).join(name), page);
    }
    for file in std::fs::read_dir(in_repository(Path::new(MAN_PAGES))).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains_key(&name), "{MAN_PAGES}/{name} is the page of no command: remove it");
    }
}

/// The page of each command, by file name.
fn pages(command: &clap::Command) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        pages.extend(self::pages(command));
    }
    // What `-h` leaves out has its text in a page all the same.
    let man = Man::new(command.clone().mut_args(|argument| argument.hide_short_help(false)))
        .source("kubectl-sched")
        .manual("kubectl plugins");
    let mut page = Vec::new();
    man.render(&mut page).unwrap();
    pages.insert(man.get_filename(), with_headings(&String::from_utf8(page).unwrap()));
    pages
}

/// Our help texts end in `Examples:` and `Exit status:`, which a page has sections for, with lines as
/// they are typed. The version would make every release a change of every page.
fn with_headings(page: &str) -> String {
    let page = page.split(".SH VERSION\n").next().unwrap();
    let Some((before, extra)) = page.split_once(".SH EXTRA\n") else { return page.to_owned() };
    // A heading ends `.nf`, which keeps lines as they are.
    let extra = extra.replace("Examples:\n", ".SH EXAMPLES\n.nf\n");
    let extra = extra.replace("Exit status:\n", ".SH \"EXIT STATUS\"\n.nf\n");
    format!("{before}{extra}.fi\n")
}

#[track_caller]
fn same(path: &Path, expected: &str) {
    let file = in_repository(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, expected).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == expected,
        "{} is not what the command line's definition gives: run `just generate`",
        path.display()
    );
}

fn in_repository(path: &Path) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
