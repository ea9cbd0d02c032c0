//! Those who append: one a goal.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::{
    instance::Instance,
    writer::{Appended, Writer},
};

const GOALS: u32 = 16;

/// Creates the goals with their tasks.
pub(crate) async fn all(instance: &Instance) -> anyhow::Result<Vec<Writer>> {
    let mut writers = Vec::new();
    for goal in 1..=GOALS {
        writers.push(Writer::create(&instance.log, &instance.agent, &format!("goal {goal}")).await?);
    }
    Ok(writers)
}

/// All write at once, evenly, so that together they reach the rate.
pub(crate) async fn write(writers: Vec<Writer>, rate: u32, seconds: u32) -> anyhow::Result<Vec<Appended>> {
    let count = u32::try_from(writers.len())?;
    let (each, interval) = (rate * seconds / count, Duration::from_secs(count.into()) / rate);
    let begin = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for (place, mut writer) in (0..).zip(writers) {
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval_at(begin + interval / count * place, interval);
            let mut appended = Vec::new();
            for _ in 0..each {
                ticks.tick().await;
                appended.push(writer.append(1).await?);
            }
            anyhow::Ok(appended)
        });
    }
    let mut all = Vec::new();
    while let Some(written) = tasks.join_next().await {
        all.extend(written??);
    }
    Ok(all)
}
