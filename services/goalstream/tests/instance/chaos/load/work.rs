//! What workers do.

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Worker, request::Answer};
use crate::chaos::{patience::LEAVES_AFTER, plan::Side, violation::Violation};

/// Every goal has it, so that a search has something to look for.
const TAG: &str = "chaos";
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "critical"];
/// How often somebody asks who does not wait for the answer.
const LEAVES: usize = 10;

impl Worker {
    /// One thing to do. `None` when it ended in a violation, which has been told.
    pub(super) async fn step(&mut self) -> Option<()> {
        match self.chance.below(100) {
            0..20 => self.create_goal().await,
            20..48 => self.work_on_a_task().await,
            48..72 => self.contend().await,
            72..79 => self.change_a_goal().await,
            79..84 => self.add_tasks().await,
            84..90 => self.take_back().await,
            90..96 => self.leave().await,
            _ => self.read_what_was_written().await,
        }
    }

    async fn create_goal(&mut self) -> Option<()> {
        let title = format!("{} in round {}", self.name, self.round);
        let arguments = json!({ "title": title, "tags": [TAG], "tasks": self.tasks() });
        let told = self.given("create_goal", arguments).await?;
        self.load.remember(told["goal"].as_str().unwrap().to_owned(), told["position"].as_u64().unwrap());
        Some(())
    }

    /// Finds and claims in one call, then does it, perhaps gives it back.
    async fn work_on_a_task(&mut self) -> Option<()> {
        let important = json!({ "match": { "min_priority": *self.chance.pick(&PRIORITIES) } });
        let arguments = if self.chance.happens(50) { important } else { json!({}) };
        let claimed = match self.write("claim", arguments.clone()).await? {
            Answer::Given(claimed) => claimed,
            // Nothing is ready, or others were faster.
            Answer::Refused(code, _) if code == "NOT_FOUND" => return Some(()),
            Answer::Refused(_, answer) => return self.unexpected("claim", &arguments, &answer),
        };
        let (task, fence) = (&claimed["task"], &claimed["fence"]);
        if self.chance.happens(15) {
            self.write_with_an_old_fence(task, fence).await?;
        }
        if self.chance.happens(30) {
            let set = json!({ "status": "in_review" });
            self.given("update", json!({ "ids": [task], "fence": fence, "set": set })).await?;
        }
        let outcome = *self.chance.pick(&["done", "done", "done", "failed"]);
        if self.chance.happens(75) {
            let result = format!("by {} with fence {fence}", self.name);
            let arguments = json!({ "id": task, "fence": fence, "outcome": outcome, "result": result });
            self.given("complete", arguments).await?;
        } else {
            let arguments = json!({ "id": task, "fence": fence, "release": true, "handoff": "half of it is done" });
            self.given("claim", arguments).await?;
        }
        Some(())
    }

    /// As somebody would who had been replaced: whatever is written, it is refused.
    async fn write_with_an_old_fence(&mut self, task: &Value, fence: &Value) -> Option<()> {
        let old = fence.as_u64().unwrap().saturating_sub(1);
        let arguments = json!({ "ids": [task], "fence": old, "set": { "title": "Of somebody who was replaced" } });
        match self.write("update", arguments.clone()).await? {
            Answer::Refused(code, _) if code == "FENCED" => Some(()),
            Answer::Refused(_, answer) | Answer::Given(answer) => self.unexpected("update", &arguments, &answer),
        }
    }

    async fn change_a_goal(&mut self) -> Option<()> {
        let Some((goal, _)) = self.some_goal() else { return Some(()) };
        if self.chance.happens(25) {
            let body = format!("Said by {} in round {}", self.name, self.round);
            self.given("comment", json!({ "id": goal, "body": body })).await?;
            return Some(());
        }
        let set = match self.chance.below(3) {
            0 => json!({ "priority": *self.chance.pick(&PRIORITIES) }),
            1 => json!({ "title": format!("Renamed by {} in round {}", self.name, self.round) }),
            _ => json!({ "description": format!("Described by {} in round {}", self.name, self.round) }),
        };
        self.given("update", json!({ "ids": [goal], "set": set })).await?;
        Some(())
    }

    async fn add_tasks(&mut self) -> Option<()> {
        let Some((goal, _)) = self.some_goal() else { return Some(()) };
        let arguments = json!({ "parent": goal, "tasks": self.tasks() });
        self.given("add_tasks", arguments).await?;
        Some(())
    }

    /// Does something and takes it back, then perhaps takes that back. Claims and completions are left alone, since whether they can be put
    /// in an order is judged without it.
    async fn take_back(&mut self) -> Option<()> {
        let Some((goal, _)) = self.some_goal() else { return Some(()) };
        let words = format!("Taken back by {} in round {}", self.name, self.round);
        let (tool, arguments) = match self.chance.below(4) {
            0 => ("comment", json!({ "id": goal, "body": words })),
            1 => ("update", json!({ "ids": [goal], "set": { "title": words } })),
            2 => ("add_tasks", json!({ "parent": goal, "tasks": self.tasks() })),
            _ => ("create_goal", json!({ "title": words, "tasks": self.tasks() })),
        };
        let mut done = self.given(tool, arguments).await?;
        for _ in 0..=self.chance.below(2) {
            // Others may have put another title there, and nobody would miss that.
            let arguments = json!({ "command": done["position"], "force": tool == "update" });
            done = match self.write("undo", arguments.clone()).await? {
                // Nobody else knows of the comment, so there is something to take back.
                Answer::Given(undone) if tool == "comment" && undone["compensations"][0].is_null() => {
                    return self.unexpected("undo", &arguments, &undone);
                }
                Answer::Given(undone) => undone,
                // Somebody works on one of the tasks by now, or has done so.
                Answer::Refused(code, _) if tool != "comment" && ["CLAIMED", "CONFLICT"].contains(&code.as_str()) => {
                    return Some(());
                }
                Answer::Refused(_, answer) => return self.unexpected("undo", &arguments, &answer),
            };
        }
        Some(())
    }

    /// Whoever knows a position can read what was written there, at any node.
    async fn read_what_was_written(&mut self) -> Option<()> {
        let Some((goal, min_position)) = self.some_goal() else { return Some(()) };
        let arguments = json!({ "ids": [goal], "min_position": min_position });
        let (answer, _) = self.ask("get", &arguments).await?;
        let answer = match answer {
            Answer::Given(found) if found["goals"][0]["id"] == json!(goal) => return Some(()),
            Answer::Given(answer) | Answer::Refused(_, answer) => answer.to_string(),
        };
        self.load.world.violations.add(Violation::NotRead { goal, min_position, answer });
        Some(())
    }

    /// Asks for what takes several steps, and goes without the answer.
    async fn leave(&mut self) -> Option<()> {
        let Some((goal, as_of)) = self.some_goal() else { return Some(()) };
        for _ in 0..LEAVES {
            let (side, waits) = (*self.chance.pick(&Side::BOTH), self.chance.between(LEAVES_AFTER));
            let Some(url) = self.load.world.node(side).url() else { continue };
            let url = format!("{url}/api/v1");
            let asking = match self.chance.below(4) {
                0 => self.client.get(format!("{url}/goals/{goal}?as_of={as_of}")),
                1 => self.client.get(format!("{url}/audit?id={goal}")),
                2 => self
                    .client
                    .post(format!("{url}/commands/undo"))
                    .json(&json!({ "command": format!("#{as_of}"), "dry_run": true })),
                _ => self
                    .client
                    .post(format!("{url}/commands/comment"))
                    .json(&json!({ "id": goal, "body": "Said in passing" })),
            };
            let _left = timeout(waits, asking.send()).await;
        }
        Some(())
    }

    /// A few tasks, some of which wait for the one before.
    fn tasks(&mut self) -> Value {
        let tasks = (0..=self.chance.below(3)).map(|number| {
            let mut task = json!({ "title": format!("Task {number}"), "key": format!("k{number}") });
            if number > 0 && self.chance.happens(40) {
                task["after"] = json!([format!("k{}", number - 1)]);
            }
            task["priority"] = json!(*self.chance.pick(&PRIORITIES));
            task
        });
        tasks.collect()
    }

    fn some_goal(&mut self) -> Option<(String, u64)> {
        let goals = self.load.goals.lock().unwrap();
        (!goals.is_empty()).then(|| self.chance.pick(&goals).clone())
    }

    /// A write that no rule is against: what it is about has been acknowledged. `None` when it was stuck or refused, both of which
    /// are violations.
    pub(super) async fn given(&mut self, tool: &str, arguments: Value) -> Option<Value> {
        match self.write(tool, arguments.clone()).await? {
            Answer::Given(told) => Some(told),
            Answer::Refused(_, answer) => self.unexpected(tool, &arguments, &answer),
        }
    }

    fn unexpected<T>(&self, tool: &str, arguments: &Value, answer: &Value) -> Option<T> {
        let request = format!("{tool} {arguments} of {} in round {}", self.name, self.round);
        self.load.world.violations.add(Violation::UnexpectedRefusal { request, answer: answer.to_string() });
        None
    }
}
