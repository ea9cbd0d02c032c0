//! What workers do.

use serde_json::{Value, json};

use super::{Worker, request::Answer};
use crate::chaos::violation::Violation;

/// Every goal has it, so that a search has something to look for.
const TAG: &str = "chaos";
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "critical"];

impl Worker {
    /// One thing to do. `None` when it ended in a violation, which has been told.
    pub(super) async fn step(&mut self) -> Option<()> {
        match self.chance.below(100) {
            0..20 => self.create_goal().await,
            20..50 => self.work_on_a_task().await,
            50..75 => self.contend().await,
            75..83 => self.change_a_goal().await,
            83..90 => self.add_tasks().await,
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

    async fn change_a_goal(&mut self) -> Option<()> {
        let Some((goal, _)) = self.some_goal() else { return Some(()) };
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
