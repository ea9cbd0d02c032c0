//! Several workers after the same few tasks, with fences that may be old, and without the patience to wait for every answer.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Worker,
    request::{Answer, Try},
};
use crate::chaos::plan::Side;

/// Tasks that are contended for at the same time.
const TASKS: usize = 2;
/// Requests for them before others take their place: an order of very many takes long to find.
const REQUESTS_MAX: u64 = 40;
/// What one worker does in one go.
const BURST: u64 = 4;
/// Requests of a hundred whose answer is not waited for beyond the first try.
const IMPATIENT_PERCENT: u64 = 20;

/// A task that everybody wants.
#[derive(Clone)]
pub(super) struct Contended {
    task: String,
    /// The last fence that somebody was told.
    fence: u64,
    requests: u64,
}

impl Worker {
    /// Claims, completes and gives back, whoever holds the task just now. Every answer is right here; whether all of them are is judged
    /// when the round is over.
    pub(super) async fn contend(&mut self) -> Option<()> {
        for _ in 0..BURST {
            let Some(Contended { task, fence, .. }) = self.contended() else {
                return self.start_a_contest().await;
            };
            // Sometimes that of somebody who was replaced.
            let fence = if self.chance.happens(20) { fence.saturating_sub(1) } else { fence };
            let (tool, arguments) = match self.chance.below(100) {
                0..50 => ("claim", json!({ "id": task })),
                50..92 => ("claim", json!({ "id": task, "fence": fence, "release": true })),
                _ => ("complete", json!({ "id": task, "fence": fence })),
            };
            let answer = if self.chance.happens(IMPATIENT_PERCENT) {
                self.try_once(tool, arguments).await
            } else {
                Some(self.write(tool, arguments).await?)
            };
            if let Some(Answer::Given(told)) = answer {
                self.note(&task, &told);
            }
        }
        Some(())
    }

    async fn start_a_contest(&mut self) -> Option<()> {
        let tasks: Vec<Value> = (0..TASKS)
            .map(|number| json!({ "title": format!("Contended {number}"), "key": format!("k{number}") }))
            .collect();
        let told =
            self.given("create_goal", json!({ "title": format!("Contest of {}", self.name), "tasks": tasks })).await?;
        let ids = told["ids"].as_object().unwrap().values().filter_map(Value::as_str);
        let tasks = ids.map(|task| Contended { task: task.to_owned(), fence: 0, requests: 0 }).collect();
        *self.load.contended.lock().unwrap() = tasks;
        Some(())
    }

    /// Whatever becomes of it.
    async fn try_once(&mut self, tool: &str, mut arguments: Value) -> Option<Answer> {
        arguments["request_id"] = json!(self.next_request());
        let called = Instant::now();
        let side = *self.chance.pick(&Side::BOTH);
        match self.attempt(side, tool, &arguments).await {
            Try::Settled(answer) => {
                self.load.register.answered(tool, &arguments, called, answer.told(), 1);
                Some(answer)
            }
            Try::Again { .. } => {
                self.load.register.unanswered(tool, &arguments, called);
                None
            }
        }
    }

    /// One of the tasks; `None` when all were contended for long enough.
    fn contended(&mut self) -> Option<Contended> {
        let mut tasks = self.load.contended.lock().unwrap();
        tasks.retain(|task| task.requests < REQUESTS_MAX);
        let chosen = usize::try_from(self.chance.below(TASKS as u64)).unwrap() % tasks.len().max(1);
        let task = tasks.get_mut(chosen)?;
        task.requests += 1;
        Some(task.clone())
    }

    fn note(&self, task: &str, told: &Value) {
        let mut tasks = self.load.contended.lock().unwrap();
        let Some(known) = tasks.iter_mut().find(|known| known.task == task) else { return };
        known.fence = known.fence.max(told["fence"].as_u64().unwrap_or_default());
    }
}
