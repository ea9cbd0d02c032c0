//! That the documents keep up with the code, and that files stay readable.

use domain::GoalEvent;

use crate::checkout::{Source, hold, paths, root, sources, text};

/// Longer than this, a file is more than one thought.
const LINES_MAX: usize = 600;
/// What people write and read, so what must stay short.
const WRITTEN: [&str; 10] = ["rs", "ts", "svelte", "md", "sql", "css", "mjs", "js", "py", "html"];
/// Written by programs.
const GENERATED: [&str; 2] = ["Cargo.lock", "package-lock.json"];
/// How an ADR can stand; `superseded by` is followed by the number of the one that took its place.
const STATUSES: [&str; 3] = ["proposed", "accepted", "rejected"];
const ADR_FOLDER: &str = "docs/adr/";
const SECTIONS: [&str; 4] = ["## Context", "## Decision", "## Consequences", "## Alternatives"];

#[test]
fn every_event_is_in_the_catalogue_with_a_schema_and_a_sample() {
    let (catalogue, files) = (text("events/README.md"), paths());
    let has = |folder: &str, name: &str| {
        files.iter().any(|path| path.starts_with(&format!("events/domain/{folder}/{name}.v")))
    };
    let mut broken = Vec::new();
    for name in GoalEvent::NAMES {
        if !catalogue.contains(&format!("\n| `{name}` |")) {
            broken.push(format!("{name} has no row in events/README.md"));
        }
        if !has("schemas", name) {
            broken.push(format!("{name} has no schema in events/domain/schemas"));
        }
        if !has("history", name) {
            broken.push(format!("{name} has no sample in events/domain/history"));
        }
    }
    hold(
        "Describe it in events/README.md, run `cargo run -p domain --example schemas`, and keep a sample of what is stored as \
         events/domain/history/NAME.vVERSION.json.",
        &broken,
    );
}

#[test]
fn nothing_that_can_be_stored_is_forgotten() {
    let known = |path: &&String| {
        let name = path.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
        GoalEvent::NAMES.contains(&name)
    };
    let kept =
        |path: &&String| path.starts_with("events/domain/history/") || path.starts_with("events/domain/schemas/");
    let broken: Vec<String> = paths().iter().filter(kept).filter(|path| !known(path)).cloned().collect();
    hold(
        "No event has this name. A stored event is for ever: bring its variant back; if it was never stored, remove the file.",
        &broken,
    );
}

#[test]
fn every_view_is_described() {
    let described = text("projections/README.md");
    let missing = read_models::VIEWS.iter().filter(|view| !described.contains(&format!("\n| `{view}` |")));
    let broken: Vec<String> =
        missing.map(|view| format!("the view {view} has no row in projections/README.md")).collect();
    hold("Say there what a row says and which events change it.", &broken);
}

#[test]
fn every_setting_is_in_the_readme() {
    let readme = text("README.md");
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.is_below(&["services/goalstream/src/"])) {
        for (number, line) in source.program_lines() {
            let Some(name) = line.split("env = \"").nth(1).and_then(|rest| rest.split('"').next()) else { continue };
            if !readme.contains(&format!("`{name}`")) {
                broken.push(format!("{}:{number}: {name}", source.path));
            }
        }
    }
    hold("Add the variable to the table of settings in README.md.", &broken);
}

#[test]
fn decisions_are_recorded_in_one_form() {
    let index = text("docs/adr/README.md");
    let records = records();
    assert!(!records.is_empty(), "docs/adr has no records; restore them");
    let mut broken = Vec::new();
    for (number, record) in (1..).zip(&records) {
        let mut wrong = |problem: String| broken.push(format!("{}: {problem}", record.source.path));
        if record.number != format!("{number:04}") {
            wrong(format!("is number {}, and the next is {number:04}", record.number));
        }
        problems_of(record, &records).into_iter().for_each(&mut wrong);
        let file = record.source.path.trim_start_matches(ADR_FOLDER);
        if !index.contains(&format!("({file})")) {
            wrong("is not in docs/adr/README.md".to_owned());
        }
    }
    hold("docs/adr/README.md has the form; docs/adr/template.md is an empty one.", &broken);
}

/// A decision on record.
struct Record {
    number: String,
    source: Source,
}

impl Record {
    fn says(&self, line: &str) -> bool {
        self.source.text.lines().any(|said| said == line)
    }
}

/// The records in the order of their files.
fn records() -> Vec<Record> {
    let numbered = |source: Source| {
        let number = source.path.strip_prefix(ADR_FOLDER)?.split('-').next()?.to_owned();
        (number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(Record { number, source })
    };
    sources().into_iter().filter_map(numbered).collect()
}

/// What is wrong with a record: a title with its number, an empty line, date, status, what it supersedes, and four sections.
fn problems_of(record: &Record, records: &[Record]) -> Vec<String> {
    let mut lines = record.source.text.lines();
    let mut problems = Vec::new();
    let title = format!("# {} ", record.number);
    if !lines.next().is_some_and(|line| line.len() > title.len() && line.starts_with(&title)) {
        problems.push(format!("the first line is not `{title}Title`"));
    }
    if lines.next() != Some("") {
        problems.push("the second line is not empty".to_owned());
    }
    let mut field = |key: &str| lines.next().and_then(|line| line.strip_prefix(&format!("- {key}: ")));
    let (date, status, supersedes) = (field("Date"), field("Status"), field("Supersedes"));
    if !date.is_some_and(is_date) {
        problems.push("the third line is not `- Date: YYYY-MM-DD`".to_owned());
    }
    if !status.is_some_and(|status| is_status(status, record, records)) {
        let known = STATUSES.join(", ");
        problems.push(format!(
            "the fourth line is not `- Status: ` and one of {known}, superseded by NUMBER (which says so too)"
        ));
    }
    if !supersedes.is_some_and(|old| old == "none" || is_superseded(old, record, records)) {
        problems.push("the fifth line is not `- Supersedes: ` and none, or a NUMBER (which says so too)".to_owned());
    }
    let missing = SECTIONS.iter().filter(|section| !record.says(section));
    problems.extend(missing.map(|section| format!("there is no `{section}`")));
    problems
}

/// Both sides of a succession have to tell it.
fn is_status(status: &str, record: &Record, records: &[Record]) -> bool {
    let successor = status.strip_prefix("superseded by ");
    let told = |later: &Record| later.says(&format!("- Supersedes: {}", record.number));
    STATUSES.contains(&status) || records.iter().any(|later| Some(later.number.as_str()) == successor && told(later))
}

fn is_superseded(old: &str, by: &Record, records: &[Record]) -> bool {
    let told = |former: &Record| former.says(&format!("- Status: superseded by {}", by.number));
    records.iter().any(|former| former.number == old && told(former))
}

fn is_date(text: &str) -> bool {
    let form = |(place, byte): (usize, u8)| if place == 4 || place == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    let within = |range: std::ops::Range<usize>, most: u32| {
        text.get(range).and_then(|part| part.parse().ok()).is_some_and(|number: u32| (1..=most).contains(&number))
    };
    text.len() == 10 && text.bytes().enumerate().all(form) && within(5..7, 12) && within(8..10, 31)
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.has_extension(&["md"])) {
        let folder = root().join(&source.path);
        let folder = folder.parent().unwrap_or(&folder);
        for (number, line) in source.lines() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let files = targets.filter(|target| !target.contains("://")).filter_map(|target| target.split('#').next());
            let lost = files.filter(|file| !file.is_empty() && !folder.join(file).exists());
            broken.extend(lost.map(|file| format!("{}:{number}: {file}", source.path)));
        }
    }
    hold("The file was moved or removed: say where things are now.", &broken);
}

#[test]
fn files_stay_short() {
    let long = |source: &Source| {
        (source.text.lines().count() > LINES_MAX)
            .then(|| format!("{} has {} lines, and {LINES_MAX} are the most", source.path, source.text.lines().count()))
    };
    let broken: Vec<String> =
        sources().iter().filter(|source| source.has_extension(&WRITTEN)).filter_map(long).collect();
    hold("Find the second thought in it and give that a file of its own.", &broken);
}

#[test]
fn whatever_is_left_to_do_says_where_it_is_discussed() {
    // Joined here, so that this file does not find itself.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat()];
    let marked = |line: &str| {
        line.split(|other: char| !other.is_alphanumeric()).any(|word| marks.iter().any(|mark| mark == word))
    };
    let broken = lines_of_all(|line| marked(line) && !line.contains("https://"));
    hold("Do it, or add the address of where it is discussed to the line.", &broken);
}

#[test]
fn the_project_speaks_of_itself_alone() {
    // Joined here, so that this file does not find itself.
    let forbidden = [
        ["crates", ".io"],
        ["pypi", ".org"],
        ["python", "hosted.org"],
        ["npm", "js."],
        ["proxy.golang", ".org"],
        ["/wo", "rk/"],
        ["../sha", "red"],
    ]
    .map(|parts| parts.concat());
    let broken = lines_of_all(|line| forbidden.iter().any(|word| line.contains(word)));
    hold(
        "Leave it out: addresses of package registries and paths of somebody's machine mean nothing to other readers.",
        &broken,
    );
}

#[test]
fn every_crate_says_first_what_it_is_for() {
    let entry = |source: &&Source| source.path.ends_with("/lib.rs") || source.path.ends_with("/main.rs");
    let silent = |source: &&Source| !source.text.starts_with("//! ");
    let broken: Vec<String> = sources().iter().filter(entry).filter(silent).map(|source| source.path.clone()).collect();
    hold("Open the file with `//!`: what it is for, what it must never do, where to look next.", &broken);
}

/// Lines of all files that people write.
fn lines_of_all(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !GENERATED.iter().any(|name| source.path.ends_with(name))) {
        let lines = source.lines().filter(|(_, line)| wanted(line));
        found.extend(lines.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    found
}
