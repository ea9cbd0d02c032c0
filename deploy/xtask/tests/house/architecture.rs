//! Who may depend on whom, and who alone may do what. docs/ARCHITECTURE.md says why.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::checkout::{hold, paths, root, sources};

/// What each crate may depend on, of our own. `domain` speaks for itself everywhere on the way of an event.
const EDGES: &[(&str, &[&str])] = &[
    ("mcp", &["goal-agent", "event-bus", "domain"]),
    ("goal-agent", &["domain", "event-store", "read-models"]),
    ("domain", &[]),
    ("event-store", &["domain"]),
    ("relay", &["event-store", "event-bus", "domain"]),
    ("event-bus", &["domain", "event-store"]),
    ("projector", &["event-bus", "read-models", "event-store", "domain"]),
    ("read-models", &["domain"]),
    ("dashboard", &["goal-agent", "event-bus", "domain"]),
    (
        "goalstream",
        &[
            "mcp",
            "goal-agent",
            "domain",
            "event-store",
            "relay",
            "event-bus",
            "projector",
            "read-models",
            "dashboard",
            "local-stack",
        ],
    ),
    ("local-stack", &[]),
    ("xtask", &["local-stack"]),
    ("fuzzing", &["mcp", "goal-agent", "domain", "read-models", "dashboard"]),
];

/// What may stand at the top, besides files and folders whose name begins with a dot.
const TOP_LEVEL: [&str; 12] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "deploy",
    "docs",
    "events",
    "migrations",
    "nats",
    "projections",
    "rust-toolchain.toml",
    "services",
];

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let edges: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut broken = Vec::new();
    for package in packages() {
        let name = package.name.as_str();
        let Some(allowed) = edges.get(name) else {
            broken.push(format!("{name} is not in the table"));
            continue;
        };
        for on in ours(&package, &edges, |kind| kind != DependencyKind::Development) {
            if !allowed.contains(&on.as_str()) {
                broken.push(format!("{name} depends on {on}"));
            }
        }
    }
    hold(
        "Turn the dependency round or go through the crate between them. If the drawing itself should change, change EDGES here, the \
         table in docs/ARCHITECTURE.md, and say why in an ADR.",
        &broken,
    );
}

#[test]
fn tests_use_nothing_that_stands_on_what_they_test() {
    let edges: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut broken = Vec::new();
    for package in packages() {
        for on in ours(&package, &edges, |kind| kind == DependencyKind::Development) {
            if below(&on, &edges).contains(package.name.as_str()) {
                broken.push(format!("the tests of {} use {on}, which depends on it", package.name));
            }
        }
    }
    hold(
        "Move the test to the crate that has both, services/goalstream if need be: it then tests one build of each.",
        &broken,
    );
}

#[test]
fn fixtures_are_in_no_default_build() {
    let is_fixtures = |feature: &str| feature.rsplit('/').next() == Some("fixtures");
    let mut broken = Vec::new();
    for package in packages() {
        for (feature, enables) in &package.features {
            // One feature of that name may turn on another, and whoever asks for it gets what it says.
            broken.extend(
                enables
                    .iter()
                    .filter(|enabled| is_fixtures(enabled) && feature != "fixtures")
                    .map(|enabled| format!("the feature {feature} of {} turns on {enabled}", package.name)),
            );
        }
        let asking = package.dependencies.iter().filter(|on| on.features.iter().any(|feature| is_fixtures(feature)));
        broken.extend(asking.map(|on| format!("{} asks {} for fixtures", package.name, on.name)));
    }
    hold("Only `cargo xtask conformance` builds with the feature `fixtures`, and it names it itself.", &broken);
}

#[test]
fn only_the_event_store_appends() {
    let appends = |line: &str| line.contains("INSERT INTO events") || line.contains("es_append");
    hold(
        "Append through event_store::Log, and for goals through goal_agent::GoalAgent.",
        &found(&["events/event-store/", "migrations/"], appends),
    );
}

#[test]
fn only_the_read_models_touch_their_schema() {
    let before = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "INDEX", "ON", "EXISTS", "TRUNCATE", "ANALYZE"];
    let names: Vec<String> = before.iter().map(|keyword| format!("{keyword} read.")).collect();
    let touches = |line: &str| names.iter().any(|name| line.contains(name)) || line.contains("'read.");
    hold(
        "Ask a query of read_models::Views, or write one in projections/read-models/src/read.",
        &found(&["projections/read-models/"], touches),
    );
}

#[test]
fn a_subject_is_spelled_in_one_module() {
    // Names of schema files have a version too.
    let spells = |line: &str| line.replace(".v1.json", "").contains(".v1.") || line.contains(".{GENERATION}.");
    hold(
        "Use event_bus::subject::Subjects (bus.subjects()): it has every filter that is documented in nats/README.md.",
        &found(&["nats/event-bus/src/subject.rs"], spells),
    );
}

#[test]
fn the_environment_is_read_in_few_places() {
    let places = ["services/goalstream/src/config/", "deploy/local-stack/", "deploy/xtask/"];
    hold(
        "Add a setting to services/goalstream/src/config and hand its value down as an argument.",
        &found(&places, |line| line.contains("env::var")),
    );
}

#[test]
fn doors_know_no_event_sourcing() {
    let doors = sources().into_iter().filter(|source| source.is_below(&["services/mcp/", "services/dashboard/"]));
    let uses = doors.flat_map(|source| {
        let found = source.lines().filter(|(_, line)| line.contains("cqrs_es") || line.contains("cqrs-es"));
        found.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())).collect::<Vec<_>>()
    });
    hold("Ask goal_agent::GoalAgent instead: doors translate and never decide.", &uses.collect::<Vec<_>>());
}

#[test]
fn the_top_level_stays_as_it_is() {
    let entries: BTreeSet<String> =
        paths().iter().filter_map(|path| path.split('/').next()).map(str::to_owned).collect();
    let visible = |entry: &&String| !entry.starts_with('.');
    let unknown = entries.iter().filter(visible).filter(|entry| !TOP_LEVEL.contains(&entry.as_str()));
    let missing = TOP_LEVEL.iter().filter(|entry| !entries.contains(**entry));
    let broken: Vec<String> = unknown
        .map(|entry| format!("{entry} is new"))
        .chain(missing.map(|entry| format!("{entry} is missing")))
        .collect();
    hold("Put it into one of the folders that are there; configuration of a tool gets a name with a dot.", &broken);
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().other_options(["--offline".into()]).exec();
    metadata.expect("cargo describes this workspace").packages
}

/// Its dependencies of some kind that are members of this workspace.
fn ours(package: &Package, edges: &BTreeMap<&str, &[&str]>, wanted: impl Fn(DependencyKind) -> bool) -> Vec<String> {
    let dependencies = package.dependencies.iter().filter(|dependency| wanted(dependency.kind));
    dependencies.map(|dependency| dependency.name.clone()).filter(|name| edges.contains_key(name.as_str())).collect()
}

/// A crate and everything it may depend on, near and far.
fn below<'a>(name: &'a str, edges: &BTreeMap<&'a str, &'a [&'a str]>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([name]);
    for on in edges.get(name).copied().unwrap_or_default() {
        found.extend(below(on, edges));
    }
    found
}

/// Lines of the program outside of some places.
fn found(places: &[&str], wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.is_program() && !source.is_below(places)) {
        let lines = source.program_lines().filter(|(_, line)| wanted(line));
        found.extend(lines.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    found
}
