//! What is published: a bundle that clients install by a click (.mcpb), and the entry that names it in the registry of servers.
//!
//! Both are checked by the tools of those who read them, where these can be had; where not, the summary says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use clap::Args;
use local_stack::shared::target_dir;
use local_stack::tools::Program;
use sha2::{Digest, Sha256};

use crate::command::{cargo, program, quietly};
use crate::progress::Progress;
use crate::summary::{Outcome, Summary};
use crate::{page, prerequisites, up, workspace};

/// How the check of `server.json` says that it had nothing to check it against.
const NO_SCHEMA: i32 = 3;

/// The tool of the bundle's format, below deploy/dist.
const MCPB: &str = "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js";

/// Files only: the bundle's own tool stumbles over an entry for a folder, which `python3 -m zipfile` would make.
const PACK: &str = "import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as bundle:
    for name in sys.argv[2:]:
        bundle.write(name)";

#[derive(Args)]
pub(crate) struct Dist {
    /// Where it is published. Registries tie the name of a server to who owns this address.
    #[arg(long, value_name = "URL")]
    repository: String,
    /// Bundle this executable instead of building one.
    #[arg(long, value_name = "FILE")]
    executable: Option<PathBuf>,
}

pub(crate) async fn run(dist: Dist, progress: &Progress) -> anyhow::Result<()> {
    prerequisites::check().await?;
    let about = About::new(&dist.repository)?;
    let executable = match dist.executable {
        Some(executable) => std::path::absolute(executable)?,
        None => build(progress).await?,
    };
    let folder = target_dir().join("dist");
    let bundle = bundle(&about, &executable, &folder, progress).await?;
    let server = folder.join("server.json");
    let sha256 = sha256(&bundle)?;
    fs::write(&server, about.fill("server.json")?.replace("@SHA256@", &sha256)).context("write server.json")?;
    let mut summary = Summary::new(progress);
    checks(&mut summary, &folder, &bundle, &server, progress).await;
    progress.say(&format!("made {} and {}", bundle.display(), server.display()));
    summary.finish()
}

async fn build(progress: &Progress) -> anyhow::Result<PathBuf> {
    // First, since the executable has it in it.
    page::build(progress).await?;
    quietly(cargo(&up::BUILD), "build goalstream", progress).await?;
    Ok(target_dir().join("release/goalstream"))
}

/// What the templates in deploy/dist leave open.
struct About {
    /// The registry's name for a project of this address.
    name: String,
    repository: String,
    /// As Node names it, and so does the bundle's manifest.
    platform: &'static str,
}

impl About {
    fn new(repository: &str) -> anyhow::Result<Self> {
        let repository = repository.trim_end_matches('/').to_owned();
        let place = repository.strip_prefix("https://github.com/").and_then(|path| path.split_once('/'));
        let (owner, project) =
            place.with_context(|| format!("--repository {repository}: give https://github.com/OWNER/PROJECT"))?;
        ensure!(
            !owner.is_empty() && !project.is_empty() && !project.contains('/'),
            "--repository {repository}: no project"
        );
        let platform = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
        Ok(Self { name: format!("io.github.{owner}/goalstream"), repository, platform })
    }

    fn bundle(&self) -> String {
        format!("goalstream-{}-{}-{}.mcpb", env!("CARGO_PKG_VERSION"), self.platform, std::env::consts::ARCH)
    }

    /// A template of deploy/dist, filled in.
    fn fill(&self, template: &str) -> anyhow::Result<String> {
        let path = workspace().join("deploy/dist").join(template);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        Ok(text
            .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
            .replace("@NAME@", &self.name)
            .replace("@REPOSITORY@", &self.repository)
            .replace("@PLATFORM@", self.platform)
            .replace("@BUNDLE@", &self.bundle()))
    }
}

/// Python packs it: it is on the machine in any case, and keeps the executable one.
async fn bundle(about: &About, executable: &Path, folder: &Path, progress: &Progress) -> anyhow::Result<PathBuf> {
    let inside = folder.join("bundle");
    let bundle = folder.join(about.bundle());
    for left in [&inside, &folder.join("unpacked")] {
        fs::remove_dir_all(left).or_else(|error| if left.exists() { Err(error) } else { Ok(()) })?;
    }
    fs::create_dir_all(inside.join("server")).with_context(|| format!("make {}", inside.display()))?;
    let server = inside.join("server/goalstream");
    fs::copy(executable, &server).with_context(|| format!("copy {}", executable.display()))?;
    fs::set_permissions(&server, fs::Permissions::from_mode(0o755)).context("make it executable")?;
    fs::copy(workspace().join("LICENSE"), inside.join("LICENSE")).context("copy LICENSE")?;
    fs::write(inside.join("manifest.json"), about.fill("manifest.json")?).context("write manifest.json")?;
    let mut pack = program("python3");
    pack.args(["-c", PACK]).arg(&bundle).args(["manifest.json", "LICENSE", "server/goalstream"]).current_dir(&inside);
    quietly(pack, "pack the bundle", progress).await?;
    Ok(bundle)
}

fn sha256(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn checks(summary: &mut Summary<'_>, folder: &Path, bundle: &Path, server: &Path, progress: &Progress) {
    let mut found = None;
    let prepare = async {
        let tools = workspace().join("deploy/dist");
        let prepared = async {
            let node = page::node(progress).await?;
            page::install_packages(&node, &tools, "npm ci (dist)", progress).await?;
            Ok::<_, anyhow::Error>(node)
        };
        Ok(match prepared.await {
            Ok(node) => {
                found = Some(node);
                Outcome::Passed
            }
            Err(error) => Outcome::Skipped(format!("nothing is checked: {error:#}")),
        })
    };
    summary.section("tools that check", prepare).await;
    let Some(node) = found else { return };
    summary.section("bundle", bundle_holds(&node, folder, bundle, progress)).await;
    summary.section("server.json", server_holds(&node, folder, server)).await;
}

/// The bundle's own tool takes it, and what it unpacks runs.
async fn bundle_holds(node: &Program, folder: &Path, bundle: &Path, progress: &Progress) -> anyhow::Result<Outcome> {
    let mcpb = |arguments: &[&Path]| {
        let mut command = page::with_node(node, "node");
        command.arg(workspace().join("deploy/dist").join(MCPB)).args(arguments);
        command
    };
    let (manifest, unpacked) = (folder.join("bundle/manifest.json"), folder.join("unpacked"));
    quietly(mcpb(&[Path::new("validate"), &manifest]), "mcpb validate", progress).await?;
    quietly(mcpb(&[Path::new("unpack"), bundle, &unpacked]), "mcpb unpack", progress).await?;
    let mut version = program(&unpacked.join("server/goalstream").to_string_lossy());
    version.arg("version");
    quietly(version, "run what was unpacked", progress).await?;
    Ok(Outcome::Passed)
}

/// The schema that it names holds for it.
async fn server_holds(node: &Program, folder: &Path, server: &Path) -> anyhow::Result<Outcome> {
    let mut check = page::with_node(node, "node");
    check.arg(workspace().join("deploy/dist/check.mjs")).arg(server).arg(folder.join("server.schema.json"));
    let ended = check.stdin(Stdio::null()).output().await.context("run deploy/dist/check.mjs")?;
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    if ended.status.code() == Some(NO_SCHEMA) {
        return Ok(Outcome::Skipped(said));
    }
    ensure!(ended.status.success(), "{said}");
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About::new("https://github.com/somebody/a-fork/").unwrap()
    }

    #[test]
    fn the_templates_are_filled_completely_and_within_the_bounds_of_their_readers() {
        for template in ["manifest.json", "server.json"] {
            let text = about().fill(template).unwrap().replace("@SHA256@", &"0".repeat(64));
            assert!(!text.contains('@'), "{template}: {text}");
            assert!(text.contains(&format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"))), "{template}");
            let description = text.split("\"description\": \"").nth(1).unwrap().split('"').next().unwrap();
            assert!((1..=100).contains(&description.len()), "{template}: the registry takes 100 characters");
        }
    }

    #[test]
    fn a_server_is_named_after_who_publishes_it() {
        let server = about().fill("server.json").unwrap();
        assert!(server.contains("\"name\": \"io.github.somebody/goalstream\""), "{server}");
        let bundle = format!("https://github.com/somebody/a-fork/releases/download/v{}/", env!("CARGO_PKG_VERSION"));
        assert!(server.contains(&format!("\"identifier\": \"{bundle}goalstream-")), "{server}");
        for other in
            ["http://github.com/a/b", "https://github.com/a", "https://github.com/a/b/c", "https://example.org/a/b"]
        {
            assert!(About::new(other).is_err(), "{other}");
        }
    }
}
