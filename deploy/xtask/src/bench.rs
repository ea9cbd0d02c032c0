//! Runs a benchmark on the shared private servers.

use local_stack::shared;

use crate::command::{cargo, openly};
use crate::progress::Progress;

pub(crate) async fn bench(name: &str, arguments: &[String], progress: &Progress) -> anyhow::Result<()> {
    shared::start(&|line| progress.say(line)).await?;
    let mut command = cargo(&["bench", "-p", "goalstream", "--bench", name, "--"]);
    command.args(arguments);
    command.env(shared::STACK_FILE_VARIABLE, shared::stack_file());
    let result = openly(command, name).await;
    shared::stop(&|_| ()).await?;
    result
}
