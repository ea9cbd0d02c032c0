//! Given what happened, when something is asked, then this follows.

use cqrs_es::test::TestFramework;
use domain::{
    Goal, GoalCommand, GoalEvent, GoalId, Instruction, Rejection, TaskId, Timestamp,
    goal::{PlannedTask, Subject, TaskReference},
};

pub(crate) const GOAL: GoalId = GoalId(1);

pub(crate) fn goal() -> Subject {
    GOAL.into()
}

pub(crate) fn task(number: u64) -> Subject {
    TaskId(number).into()
}

/// Seconds after the story began.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + chrono::TimeDelta::seconds(seconds)
}

pub(crate) fn instruction(at: Timestamp, commands: Vec<GoalCommand>) -> Instruction {
    Instruction { at, expect: Vec::new(), commands, noted: false }
}

pub(crate) fn planned(number: u64, parent: Option<u64>, after: &[u64]) -> PlannedTask {
    PlannedTask {
        id: TaskId(number),
        field: format!("tasks[{number}]"),
        parent: parent.map(TaskId),
        title: format!("Task {number}").into(),
        after: after.iter().map(|on| TaskReference::Id(TaskId(*on))).collect(),
        ..PlannedTask::default()
    }
}

pub(crate) fn create(tasks: Vec<PlannedTask>) -> GoalCommand {
    GoalCommand::CreateGoal {
        goal: GOAL,
        title: "Ship it".into(),
        description: None,
        priority: Default::default(),
        tags: Default::default(),
        due: None,
        metadata: Default::default(),
        tasks,
    }
}

/// What happened so far.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub(crate) events: Vec<GoalEvent>,
    seconds: i64,
}

pub(crate) fn nothing() -> Given {
    Given::default()
}

/// A goal with these tasks.
pub(crate) fn a_goal(tasks: Vec<PlannedTask>) -> Given {
    nothing().and(create(tasks))
}

/// A goal of one task, `TASK-0001`.
pub(crate) fn a_task() -> Given {
    a_goal(vec![planned(1, None, &[])])
}

impl Given {
    pub(crate) fn state(&self) -> Goal {
        let mut goal = Goal::default();
        self.events.iter().for_each(|event| goal.evolve(event));
        goal
    }

    pub(crate) fn and(mut self, command: GoalCommand) -> Self {
        let Outcome(result) = self.when(command);
        self.events.extend(result.unwrap());
        self
    }

    /// This long after it began.
    pub(crate) fn after(mut self, seconds: i64) -> Self {
        self.seconds = seconds;
        self
    }

    pub(crate) fn now(&self) -> Timestamp {
        at(self.seconds)
    }

    pub(crate) fn when(&self, command: GoalCommand) -> Outcome {
        self.when_all(vec![command])
    }

    pub(crate) fn when_all(&self, commands: Vec<GoalCommand>) -> Outcome {
        self.when_told(instruction(self.now(), commands))
    }

    pub(crate) fn when_told(&self, instruction: Instruction) -> Outcome {
        let framework = TestFramework::<Goal>::with(()).given(self.events.clone());
        Outcome(framework.when(instruction).inspect_result())
    }
}

pub(crate) struct Outcome(pub(crate) Result<Vec<GoalEvent>, Rejection>);

impl Outcome {
    /// These events, by name.
    #[track_caller]
    pub(crate) fn then(self, names: &[&str]) -> Vec<GoalEvent> {
        let events = self.0.unwrap_or_else(|rejection| panic!("refused: {rejection}"));
        assert_eq!(events.iter().map(GoalEvent::name).collect::<Vec<_>>(), names);
        events
    }

    #[track_caller]
    pub(crate) fn then_already_done(self) {
        self.then(&[]);
    }

    /// Refused with this code and with these words in the message.
    #[track_caller]
    pub(crate) fn refused(self, code: &str, words: &str) -> Rejection {
        let rejection = match self.0 {
            Ok(events) => panic!("taken: {events:?}"),
            Err(rejection) => rejection,
        };
        assert_eq!(rejection.code(), code, "{rejection}");
        assert!(rejection.to_string().contains(words), "`{words}` is not in `{rejection}`");
        rejection
    }
}
