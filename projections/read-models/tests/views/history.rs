//! Histories as they could have happened: commands, some sensible and some not, decided by the domain.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta};
use domain::{
    Goal, GoalCommand as C, GoalEvent, GoalId, Instruction, Metadata, Recorded, StreamId, TaskId, Timestamp, Workspace,
    goal::{CommentKind, Link, PlannedTask, Priority, Subject, TaskReference, decide},
    time::Due,
};
use uuid::Uuid;

/// Pseudo-random numbers that a seed determines (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// A log in memory.
pub(crate) struct History {
    pub(crate) log: Vec<Arc<Recorded>>,
    pub(crate) goals: BTreeMap<GoalId, Goal>,
    pub(crate) now: Timestamp,
    tasks_minted: u64,
}

impl History {
    pub(crate) fn new() -> Self {
        let now = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        Self { log: Vec::new(), goals: BTreeMap::new(), now, tasks_minted: 0 }
    }

    /// About `events` events, all that follows from a seed.
    pub(crate) fn random(seed: u64, goals: u64, events: usize) -> Self {
        let (mut history, mut dice) = (Self::new(), Dice::new(seed));
        for goal in 1..=goals {
            history.act(GoalId(goal), creation(&mut dice, goal)).unwrap();
        }
        while history.log.len() < events {
            history.now += TimeDelta::seconds(dice.pick(&[0, 1, 20, 300, 4_000]));
            let goal = GoalId(1 + dice.roll() % goals);
            let command = history.random_command(&mut dice, goal);
            let _refused_or_not = history.act(goal, command);
        }
        history
    }

    /// Decides and records. Refusals record nothing.
    pub(crate) fn act(&mut self, goal: GoalId, command: C) -> Result<Vec<Arc<Recorded>>, domain::Rejection> {
        let state = self.goals.entry(goal).or_default();
        let noted = matches!(command, C::StartGoal);
        let events = decide(state, &Instruction { at: self.now, expect: Vec::new(), commands: vec![command], noted })?;
        let (command_id, length) = (Uuid::from_u128(self.log.len() as u128), events.len() as u32);
        let recorded: Vec<_> =
            (0..).zip(events).map(|(place, event)| self.record(goal, event, command_id, place, length)).collect();
        Ok(recorded)
    }

    fn record(
        &mut self,
        goal: GoalId,
        event: GoalEvent,
        command_id: Uuid,
        command_pos: u32,
        command_len: u32,
    ) -> Arc<Recorded> {
        let state = self.goals.entry(goal).or_default();
        state.evolve(&event);
        let position = self.log.len() as u64 + 1;
        let mut metadata = Metadata::default();
        metadata.set(Metadata::ACTOR_ID, Some(["ada", "bob"][(position % 2) as usize]));
        metadata.set(Metadata::CORRELATION_ID, Some(command_id.to_string()));
        metadata.set(
            Metadata::CAUSATION_ID,
            [None, Some("no UUID".to_owned()), Some(command_id.simple().to_string())][(position % 3) as usize].clone(),
        );
        let recorded = Arc::new(Recorded {
            position,
            event_id: Uuid::from_u128(position.into()),
            workspace: Workspace::DEFAULT,
            stream: StreamId::from(goal),
            sequence: state.sequence,
            event_type: event.name().to_owned(),
            event_version: event.version().to_owned(),
            payload: serde_json::to_string(&event).unwrap().into(),
            metadata,
            command_id,
            command_pos,
            command_len,
            recorded_at: self.now,
        });
        self.log.push(Arc::clone(&recorded));
        recorded
    }

    pub(crate) fn mint(&mut self) -> TaskId {
        self.tasks_minted += 1;
        TaskId(self.tasks_minted)
    }

    fn planned(&mut self, dice: &mut Dice, goal: GoalId) -> Vec<PlannedTask> {
        let existing: Vec<TaskId> =
            self.goals.get(&goal).into_iter().flat_map(|goal| goal.tasks.keys().copied()).collect();
        let mut planned: Vec<PlannedTask> = Vec::new();
        let count = 1 + dice.below(5);
        for place in 0..count {
            let earlier: Vec<TaskId> = planned.iter().map(|task| task.id).chain(existing.iter().copied()).collect();
            let some = |dice: &mut Dice| (!earlier.is_empty() && dice.one_in(2)).then(|| dice.pick(&earlier));
            planned.push(PlannedTask {
                id: self.mint(),
                field: format!("tasks[{place}]"),
                key: Some(format!("k{place}")),
                parent: some(dice),
                title: text(dice).into(),
                description: dice.one_in(3).then(|| text(dice).into()),
                priority: priority(dice),
                tags: (0..dice.below(3)).map(|_| tag(dice)).collect(),
                after: match place + 1 < count && dice.one_in(4) {
                    true => vec![TaskReference::Key(format!("k{}", place + 1))],
                    false => some(dice).into_iter().map(TaskReference::Id).collect(),
                },
                accept: (0..dice.below(2)).map(|_| text(dice).into()).collect(),
                estimate_minutes: dice.one_in(3).then_some(30),
                due: due(dice, self.now),
            });
        }
        planned
    }

    fn random_command(&mut self, dice: &mut Dice, goal: GoalId) -> C {
        let tasks: Vec<TaskId> = self.goals[&goal].tasks.keys().copied().collect();
        if tasks.is_empty() || dice.one_in(8) {
            return C::AddTasks { tasks: self.planned(dice, goal) };
        }
        let (task, on) = (dice.pick(&tasks), dice.pick(&tasks));
        let subject = if dice.one_in(4) { Subject::Goal(goal) } else { Subject::Task(task) };
        let state = self.goals[&goal].task(task).unwrap();
        let fence = state.claim.is_some().then_some(state.fence);
        let until = self.now + TimeDelta::seconds(dice.pick(&[60, 900, 9_000]));
        let link = Link { rel: "relates_to".into(), to: dice.pick(&["GOAL-0001", "https://example.org/?a=1"]).into() };
        let result = dice.one_in(2).then(|| text(dice).into());
        match dice.below(46) {
            0 => C::Retitle { subject, title: text(dice).into() },
            1 => C::Describe { subject, description: dice.one_in(2).then(|| text(dice).into()) },
            2 => C::Reprioritise { subject, priority: priority(dice) },
            3 | 4 => C::Tag { subject, tag: tag(dice) },
            5 => C::Untag { subject, tag: tag(dice) },
            6 => C::SetDue { subject, due: due(dice, self.now) },
            7 => C::Assign { subject, assignee: dice.one_in(2).then(|| dice.pick(&["ada", "bob"]).to_owned()) },
            8 => C::SetMetadata {
                subject,
                key: "size".into(),
                value: dice.one_in(2).then(|| serde_json::json!({"n": [1, "two"]})),
            },
            9 => C::AddLink { subject, link },
            10 => C::RemoveLink { subject, link },
            11 => C::Archive { subject: if dice.one_in(3) { subject } else { Subject::Task(task) } },
            12 | 13 => C::Restore { subject },
            14 => C::AddComment {
                subject,
                kind: dice.pick(&[CommentKind::Note, CommentKind::Handoff]),
                body: text(dice).into(),
            },
            15 => C::RetractComment { comment: 1 + dice.below(4) as u32 },
            16 => C::StartGoal,
            17 if dice.one_in(4) => C::CompleteGoal { result },
            18 if dice.one_in(4) => C::CancelGoal,
            17..=20 => C::ReopenGoal,
            21 => C::Estimate { task, minutes: dice.one_in(2).then_some(90) },
            22 => C::MoveTask { task, parent: dice.one_in(2).then_some(on) },
            23 | 24 => C::AddDependency { task, on },
            25 => C::RemoveDependency { task, on },
            26 => C::AddCriterion { task, text: text(dice).into() },
            27 => C::RemoveCriterion { task, number: 1 },
            28 => C::MeetCriterion { task, number: 1, fence },
            29 => C::UnmeetCriterion { task, number: 1, fence },
            30..=33 => C::ClaimTask { task, holder: dice.pick(&["ada", "bob"]).to_owned(), until },
            34 => C::RenewClaim { task, fence: state.fence, until },
            35 => C::ReleaseClaim { task, fence: state.fence },
            36 => C::ExpireClaim { task },
            37 => C::StartTask { task, fence },
            38 => C::BlockTask { task, reason: result, fence },
            39 => C::UnblockTask { task, fence },
            40 => C::RequestReview { task, fence },
            41 => C::FailTask { task, result, evidence: Vec::new(), fence },
            42 => C::CancelTask { task },
            43 => C::ReopenTask { task },
            _ => C::CompleteTask {
                task,
                result,
                evidence: Vec::new(),
                met: state.criteria.keys().copied().collect(),
                fence,
            },
        }
    }
}

/// The goals as they were at a position.
pub(crate) fn folded(log: &[Arc<Recorded>], position: u64) -> BTreeMap<GoalId, Goal> {
    let mut goals: BTreeMap<GoalId, Goal> = BTreeMap::new();
    for recorded in log.iter().take_while(|recorded| recorded.position <= position) {
        goals.entry(recorded.goal_id().unwrap()).or_default().evolve(&recorded.goal_event().unwrap());
    }
    goals
}

pub(crate) fn creation(dice: &mut Dice, goal: u64) -> C {
    C::CreateGoal {
        goal: GoalId(goal),
        title: text(dice).into(),
        description: dice.one_in(2).then(|| text(dice).into()),
        priority: priority(dice),
        tags: (0..dice.below(3)).map(|_| tag(dice)).collect(),
        due: None,
        metadata: BTreeMap::from([("repo".to_owned(), serde_json::json!("a/b"))]),
        tasks: Vec::new(),
    }
}

fn text(dice: &mut Dice) -> String {
    let words =
        ["deploy", "relay", "ship's", "<b>", "naïve", "数据", "\"quoted\"", "back\\slash", "100%", "O'Hara; DROP"];
    (0..1 + dice.below(4)).map(|_| dice.pick(&words)).collect::<Vec<_>>().join(" ")
}

fn tag(dice: &mut Dice) -> String {
    dice.pick(&["api", "two words", "ünï", "a,b{c}\"d"]).to_owned()
}

fn priority(dice: &mut Dice) -> Priority {
    dice.pick(&[Priority::Low, Priority::Medium, Priority::High, Priority::Critical])
}

fn due(dice: &mut Dice, now: Timestamp) -> Option<Due> {
    dice.pick(&[
        None,
        Some(Due::Moment(now + TimeDelta::hours(1))),
        Some(Due::Day(NaiveDate::from_ymd_opt(2025, 10, 9).unwrap())),
        Some(Due::Day(NaiveDate::MAX)),
    ])
}
