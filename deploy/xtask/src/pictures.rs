//! The pictures of the documentation, taken anew from the example by the executable as it is now.

use std::fs;

use anyhow::Context;
use local_stack::tools::{Places, Tools};

use crate::progress::Progress;
use crate::{browser, clients, page, prerequisites, test};

/// All of them, or those of these views.
pub(crate) async fn take(views: &[String], progress: &Progress) -> anyhow::Result<()> {
    known(views, &scenes()?)?;
    prerequisites::check().await?;
    Tools::find_or_install(&Places::from_environment(), &|line| progress.say(line)).await?;
    page::build(progress).await?;
    test::executable(progress).await?;
    let script = browser::folder().join("support/pictures.mjs");
    let mut command = browser::prepare(progress).await?.script(&script);
    command.args(views);
    clients::run(command, &script).await.map(drop)
}

/// What there are pictures of.
fn scenes() -> anyhow::Result<Vec<String>> {
    let file = browser::folder().join("support/scenes.mjs");
    let text = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
    let name = |line: &str| Some(line.trim().strip_prefix("{ name: '")?.split_once('\'')?.0.to_owned());
    Ok(text.lines().filter_map(name).collect())
}

/// Said before anything is built, which takes minutes.
fn known(views: &[String], scenes: &[String]) -> anyhow::Result<()> {
    match views.iter().find(|view| !scenes.contains(view)) {
        Some(unknown) => anyhow::bail!("there is no picture `{unknown}`; there are {}", scenes.join(", ")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_there_is_not_is_refused_with_those_there_are() {
        let scenes = scenes().unwrap();
        known(&[], &scenes).unwrap();
        known(&["board".to_owned(), "palette".to_owned()], &scenes).unwrap();
        let refused = known(&["board".to_owned(), "bord".to_owned()], &scenes).unwrap_err().to_string();
        assert!(refused.starts_with("there is no picture `bord`; there are goals, now, board,"), "{refused}");
    }
}
