//! One request: sent to one node or the other, again under its id, until there is an answer that settles it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::Worker;
use crate::{
    calling,
    chaos::{
        check::Acknowledged,
        patience::{LEAVES_AFTER, RETRY_DELAY, RETRY_DELAY_MAX, TRY_BOUND, WRITE_BOUND},
        plan::Side,
        violation::Violation,
    },
};

/// Tries of a hundred whose connection is closed before there is an answer, or just after.
const HASTY_PERCENT: u64 = 10;

/// What settled a request.
pub(super) enum Answer {
    Given(Value),
    /// The code, and the whole of it.
    Refused(String, Value),
}

impl Answer {
    /// The code stands for a refusal.
    pub(super) fn told(&self) -> Result<&Value, &str> {
        match self {
            Self::Given(told) => Ok(told),
            Self::Refused(code, _) => Err(code),
        }
    }
}

/// What one try came to.
pub(super) enum Try {
    Settled(Answer),
    /// Nothing was done, or nobody knows.
    Again {
        why: String,
        delay: Duration,
    },
}

impl Worker {
    /// A write; its receipt is remembered. `None` when it is stuck.
    pub(super) async fn write(&mut self, tool: &str, mut arguments: Value) -> Option<Answer> {
        let request = self.next_request();
        arguments["request_id"] = json!(request);
        let called = Instant::now();
        let (answer, tries) = self.ask(tool, &arguments).await?;
        let receipts = &self.load.receipts;
        self.load.register.answered(tool, &arguments, called, answer.told(), tries);
        match &answer {
            Answer::Given(told) => receipts.acknowledge(Acknowledged {
                request,
                position: told["position"].as_u64().unwrap_or_default(),
                claim: told["fence"].as_u64().map(|fence| (told["task"].as_str().unwrap().to_owned(), fence)),
            }),
            Answer::Refused(..) if tries == 1 => receipts.refuse(request),
            Answer::Refused(..) => {}
        }
        Some(answer)
    }

    pub(super) fn next_request(&mut self) -> String {
        self.requests += 1;
        format!("round {} {} {}", self.round, self.name, self.requests)
    }

    /// The answer and the number of tries that it took.
    pub(super) async fn ask(&mut self, tool: &str, arguments: &Value) -> Option<(Answer, u64)> {
        let deadline = Instant::now() + WRITE_BOUND;
        for tries in 1.. {
            let side = *self.chance.pick(&Side::BOTH);
            match self.attempt(side, tool, arguments).await {
                Try::Settled(answer) => return Some((answer, tries)),
                Try::Again { why, .. } if Instant::now() >= deadline => {
                    let request = format!("{tool} {arguments}");
                    self.load.world.violations.add(Violation::Stuck { request, last: why });
                    return None;
                }
                Try::Again { delay, .. } => {
                    self.load.receipts.repeat();
                    sleep(delay).await;
                }
            }
        }
        None
    }

    pub(super) async fn attempt(&mut self, side: Side, tool: &str, arguments: &Value) -> Try {
        let waits = if self.chance.happens(HASTY_PERCENT) { self.chance.between(LEAVES_AFTER) } else { TRY_BOUND };
        let _asking = self.load.world.asking.read().await;
        let lost = |why: String| Try::Again { why, delay: RETRY_DELAY };
        let Some(url) = self.load.world.node(side).url() else { return lost(format!("{side:?} does not run")) };
        let answer = match timeout(waits, self.send(&url, tool, arguments)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return lost(format!("{side:?}: {error:?}")),
            Err(_) => return lost(format!("{side:?}: no answer within {waits:?}")),
        };
        let told = answer["result"]["structuredContent"].clone();
        match told["code"].as_str() {
            None if told.is_object() => Try::Settled(Answer::Given(told)),
            None => lost(format!("{side:?}: {answer}")),
            Some("BUSY" | "UNAVAILABLE") => {
                let delay = Duration::from_millis(told["retry_after_ms"].as_u64().unwrap());
                Try::Again { why: format!("{side:?}: {told}"), delay: delay.min(RETRY_DELAY_MAX) }
            }
            Some(code) => Try::Settled(Answer::Refused(code.to_owned(), told)),
        }
    }

    async fn send(&self, url: &str, tool: &str, arguments: &Value) -> reqwest::Result<Value> {
        calling::call(&self.client, &format!("{url}/mcp"), &self.name, tool, arguments).await?.json().await
    }
}
