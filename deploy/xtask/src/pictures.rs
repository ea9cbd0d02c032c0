//! The pictures of the documentation, taken anew from the example by the executable as it is now.

use local_stack::tools::{Places, Tools};

use crate::progress::Progress;
use crate::{browser, clients, page, prerequisites, test};

/// All of them, or those of these views.
pub(crate) async fn take(views: &[String], progress: &Progress) -> anyhow::Result<()> {
    prerequisites::check().await?;
    Tools::find_or_install(&Places::from_environment(), &|line| progress.say(line)).await?;
    page::build(progress).await?;
    test::executable(progress).await?;
    let script = browser::folder().join("support/pictures.mjs");
    let mut command = browser::prepare(progress).await?.script(&script);
    command.args(views);
    clients::run(command, &script).await.map(drop)
}
