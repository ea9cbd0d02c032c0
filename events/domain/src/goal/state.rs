//! What the events of a goal add up to.
//!
//! [`Goal::evolve`] is the only thing that changes state, and it never refuses: what happened, happened. An event about a task
//! that is not there (a log that lost its head, a bug of ours) changes nothing and panics never.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    agenda::Agenda,
    event::GoalEvent,
    text::Text,
    vocabulary::{CommentKind, GoalStatus, Link, Priority, TaskStatus},
};
use crate::{
    GoalId, TaskId,
    time::{Due, Timestamp},
};

/// A goal with its tasks.
///
/// Cheap to clone however many tasks it has: the maps are persistent and the tasks shared, so that a decision may work on its own copy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Its id; `None` until it is created.
    pub id: Option<GoalId>,
    /// How many events its stream holds.
    pub sequence: u64,
    /// Sequence of the last event that touched the goal itself.
    pub version: u64,
    /// One line that says what is wanted.
    pub title: Text,
    /// Everything else about it.
    pub description: Option<Text>,
    /// How much it matters.
    pub priority: Priority,
    /// Where it stands.
    pub status: GoalStatus,
    /// Put aside: kept, but out of the way.
    pub archived: bool,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// When it is due.
    pub due: Option<Due>,
    /// Who looks after it.
    pub assignee: Option<String>,
    /// What its users keep with it.
    pub metadata: BTreeMap<String, Value>,
    /// What it points to.
    pub links: BTreeSet<Link>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Text>,
    /// Its tasks, archived ones included.
    pub tasks: OrdMap<TaskId, Arc<Task>>,
    /// Which of them are still to be done, and how many stand where.
    pub agenda: Agenda,
    /// Its comments and those of its tasks, by number.
    pub comments: OrdMap<u32, Comment>,
    /// Dependents of tasks that are still to come: within one command a task may wait for a later one.
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    awaited: OrdMap<TaskId, BTreeSet<TaskId>>,
}

/// A task as its goal's stream knows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Sequence of the last event that touched it.
    pub version: u64,
    /// The task it is a part of; `None` directly below the goal.
    pub parent: Option<TaskId>,
    /// Its parts, in the order they came.
    pub children: Vec<TaskId>,
    /// One line that says what is to be done.
    pub title: Text,
    /// Everything else about it.
    pub description: Option<Text>,
    /// How much it matters.
    pub priority: Priority,
    /// Where it stands.
    pub status: TaskStatus,
    /// Put aside: kept, but out of the way.
    pub archived: bool,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// What must be settled before it may start.
    pub after: BTreeSet<TaskId>,
    /// The tasks that name it in their `after`.
    pub dependents: BTreeSet<TaskId>,
    /// What must hold for it to be done, by number.
    pub criteria: BTreeMap<u32, Criterion>,
    /// The highest criterion number ever used.
    pub criterion_last: u32,
    /// How long it should take.
    pub estimate_minutes: Option<u32>,
    /// When it is due.
    pub due: Option<Due>,
    /// Who should do it.
    pub assignee: Option<String>,
    /// What its users keep with it.
    pub metadata: BTreeMap<String, Value>,
    /// What it points to.
    pub links: BTreeSet<Link>,
    /// Raised by each new claim and never reset.
    pub fence: u64,
    /// Who holds it, until when.
    pub claim: Option<Claim>,
    /// What came of it.
    pub result: Option<Text>,
    /// Why it cannot go on, where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_reason: Option<Text>,
    /// The comments that its workers left for whoever comes next, by number; not those that were taken back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub handoffs: BTreeSet<u32>,
}

/// Something that must hold for a task to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What must hold.
    pub text: Text,
    /// Whether it does.
    pub met: bool,
}

/// A lease on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who holds it.
    pub holder: String,
    /// Since when.
    pub since: Timestamp,
    /// It ends by itself at this moment.
    pub until: Timestamp,
}

impl Claim {
    /// Whether it still binds others at this moment.
    pub fn is_live(&self, at: Timestamp) -> bool {
        at < self.until
    }
}

/// That a comment was made; its words stay in the log and in the views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The task it is about; `None` for the goal.
    pub task: Option<TaskId>,
    /// Taken back.
    pub retracted: bool,
}

impl Task {
    /// Whether what depends on it may start. Archived tasks stand in nobody's way.
    pub fn is_settled(&self) -> bool {
        self.archived || self.status.is_settled()
    }

    /// The lease that binds others at this moment.
    pub fn live_claim(&self, at: Timestamp) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| claim.is_live(at))
    }
}

impl Goal {
    /// The task, if it is one of this goal's.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id).map(Arc::as_ref)
    }

    /// Folds one event in. Never refuses and never panics.
    pub fn evolve(&mut self, event: &GoalEvent) {
        self.sequence += 1;
        match event.task() {
            Some(id) => self.evolve_task(id, event),
            None => self.evolve_goal(event),
        }
    }

    fn evolve_goal(&mut self, event: &GoalEvent) {
        use GoalEvent as E;
        match event {
            E::GoalCreated { goal, title, description, priority, tags, due, metadata } => {
                self.id = Some(*goal);
                self.title = title.clone();
                self.description = description.clone();
                self.priority = *priority;
                self.tags = tags.clone();
                self.due = *due;
                self.metadata = metadata.clone();
            }
            E::GoalRetitled { to, .. } => self.title = to.clone(),
            E::GoalDescribed { to, .. } => self.description = to.clone(),
            E::GoalReprioritised { to, .. } => self.priority = *to,
            E::GoalTagged { tag } => _ = self.tags.insert(tag.clone()),
            E::GoalUntagged { tag } => _ = self.tags.remove(tag),
            E::GoalDueSet { to, .. } => self.due = *to,
            E::GoalAssigned { to, .. } => self.assignee = to.clone(),
            E::GoalMetadataSet { key, to, .. } => set_or_remove(&mut self.metadata, key, to),
            E::GoalStarted { to, .. } | E::GoalCancelled { to, .. } => self.status = *to,
            E::GoalCompleted { to, result, .. } => (self.status, self.result) = (*to, result.clone()),
            E::GoalReopened { to, .. } => (self.status, self.result) = (*to, None),
            E::GoalArchived {} => self.archived = true,
            E::GoalRestored {} => self.archived = false,
            E::LinkAdded { link, .. } => _ = self.links.insert(link.clone()),
            E::LinkRemoved { link, .. } => _ = self.links.remove(link),
            E::CommentAdded { comment, .. } => self.add_comment(*comment, None),
            E::CommentRetracted { comment, .. } => self.retract_comment(*comment),
            // A note changes no object, so it does not raise the goal's version either.
            E::CommandNoted {} => return,
            _ => {}
        }
        self.version = self.sequence;
    }

    fn evolve_task(&mut self, id: TaskId, event: &GoalEvent) {
        match event {
            GoalEvent::TaskAdded { .. } => self.add_task(id, event),
            // Others would remember a part, a dependent or a comment of something that is not there.
            _ if !self.tasks.contains_key(&id) => return,
            GoalEvent::TaskMoved { to, .. } => self.move_task(id, *to),
            GoalEvent::DependencyAdded { on, .. } => self.add_dependent(*on, id),
            GoalEvent::DependencyRemoved { on, .. } => self.remove_dependent(*on, id),
            GoalEvent::CommentAdded { comment, .. } => self.add_comment(*comment, Some(id)),
            GoalEvent::CommentRetracted { comment, .. } => self.retract_comment(*comment),
            _ => {}
        }
        let version = self.sequence;
        self.change_task(id, |task| {
            task.evolve(event);
            task.version = version;
        });
    }

    fn add_task(&mut self, id: TaskId, event: &GoalEvent) {
        let GoalEvent::TaskAdded { parent, title, description, priority, tags, after, criteria, .. } = event else {
            return;
        };
        let GoalEvent::TaskAdded { estimate_minutes, due, .. } = event else { return };
        let task = Task {
            parent: *parent,
            title: title.clone(),
            description: description.clone(),
            priority: *priority,
            tags: tags.clone(),
            after: after.clone(),
            criterion_last: criteria.iter().map(|criterion| criterion.number).max().unwrap_or(0),
            criteria: criteria
                .iter()
                .map(|new| (new.number, Criterion { text: new.text.clone(), met: false }))
                .collect(),
            estimate_minutes: *estimate_minutes,
            due: *due,
            dependents: self.awaited.remove(&id).unwrap_or_default(),
            ..Task::default()
        };
        // Should a log ever add it twice, it is a part of what it was added to last, once.
        self.move_task(id, *parent);
        let place = task.place();
        let before = self.tasks.insert(id, Arc::new(task));
        self.agenda.move_task(id, before.as_ref().and_then(|task| task.place()), place);
        for on in before.iter().filter(|task| !task.is_settled()).flat_map(|task| &task.after) {
            self.hold_up(*on, false);
        }
        for on in after {
            self.hold_up(*on, true);
            match self.tasks.contains_key(on) {
                true => self.change_task(*on, |task| _ = task.dependents.insert(id)),
                false => _ = self.awaited.entry(*on).or_default().insert(id),
            }
        }
    }

    /// Before the task itself says that it waits.
    fn add_dependent(&mut self, on: TaskId, id: TaskId) {
        self.change_task(on, |task| _ = task.dependents.insert(id));
        if self.task(id).is_some_and(|task| !task.is_settled() && !task.after.contains(&on)) {
            self.hold_up(on, true);
        }
    }

    /// Before the task itself says that it no longer waits.
    fn remove_dependent(&mut self, on: TaskId, id: TaskId) {
        self.change_task(on, |task| _ = task.dependents.remove(&id));
        if self.task(id).is_some_and(|task| !task.is_settled() && task.after.contains(&on)) {
            self.hold_up(on, false);
        }
    }

    fn hold_up(&mut self, on: TaskId, more: bool) {
        let place = self.task(on).and_then(Task::place);
        self.agenda.hold_up(on, place, more);
    }

    fn move_task(&mut self, id: TaskId, to: Option<TaskId>) {
        if let Some(parent) = self.task(id).and_then(|task| task.parent) {
            self.change_task(parent, |task| task.children.retain(|child| *child != id));
        }
        if let Some(parent) = to {
            self.change_task(parent, |task| task.children.push(id));
        }
    }

    fn add_comment(&mut self, number: u32, task: Option<TaskId>) {
        self.comments.insert(number, Comment { task, retracted: false });
    }

    fn retract_comment(&mut self, number: u32) {
        if let Some(comment) = self.comments.get_mut(&number) {
            comment.retracted = true;
        }
    }

    fn change_task(&mut self, id: TaskId, change: impl FnOnce(&mut Task)) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let (place, was_settled) = (task.place(), task.is_settled());
        change(Arc::make_mut(task));
        self.agenda.move_task(id, place, task.place());
        if was_settled != task.is_settled() {
            let task = Arc::clone(task);
            task.after.iter().for_each(|on| self.hold_up(*on, was_settled));
        }
    }
}

impl Task {
    fn evolve(&mut self, event: &GoalEvent) {
        use GoalEvent as E;
        match event {
            E::TaskRetitled { to, .. } => self.title = to.clone(),
            E::TaskDescribed { to, .. } => self.description = to.clone(),
            E::TaskReprioritised { to, .. } => self.priority = *to,
            E::TaskTagged { tag, .. } => _ = self.tags.insert(tag.clone()),
            E::TaskUntagged { tag, .. } => _ = self.tags.remove(tag),
            E::TaskEstimated { to, .. } => self.estimate_minutes = *to,
            E::TaskDueSet { to, .. } => self.due = *to,
            E::TaskAssigned { to, .. } => self.assignee = to.clone(),
            E::TaskMoved { to, .. } => self.parent = *to,
            E::TaskMetadataSet { key, to, .. } => set_or_remove(&mut self.metadata, key, to),
            E::DependencyAdded { on, .. } => _ = self.after.insert(*on),
            E::DependencyRemoved { on, .. } => _ = self.after.remove(on),
            E::CriterionAdded { number, text, .. } => {
                self.criteria.insert(*number, Criterion { text: text.clone(), met: false });
                self.criterion_last = self.criterion_last.max(*number);
            }
            E::CriterionRemoved { number, .. } => _ = self.criteria.remove(number),
            E::CriterionMet { number, .. } => self.judge(*number, true),
            E::CriterionUnmet { number, .. } => self.judge(*number, false),
            E::LinkAdded { link, .. } => _ = self.links.insert(link.clone()),
            E::LinkRemoved { link, .. } => _ = self.links.remove(link),
            E::CommentAdded { comment, kind: CommentKind::Handoff, .. } => _ = self.handoffs.insert(*comment),
            E::CommentRetracted { comment, .. } => _ = self.handoffs.remove(comment),
            E::TaskArchived { .. } => self.archived = true,
            E::TaskRestored { .. } => self.archived = false,
            _ => self.evolve_work(event),
        }
    }

    fn stands(&mut self, status: TaskStatus, blocked_reason: Option<Text>) {
        (self.status, self.blocked_reason) = (status, blocked_reason);
    }

    fn evolve_work(&mut self, event: &GoalEvent) {
        use GoalEvent as E;
        match event {
            E::TaskClaimed { fence, holder, at, until, .. } => {
                self.fence = *fence;
                self.claim = Some(Claim { holder: holder.clone(), since: *at, until: *until });
            }
            E::ClaimRenewed { to, .. } => {
                if let Some(claim) = &mut self.claim {
                    claim.until = *to;
                }
            }
            E::ClaimReleased { .. } | E::ClaimExpired { .. } => self.claim = None,
            E::TaskStarted { to, .. } | E::TaskUnblocked { to, .. } | E::TaskReviewRequested { to, .. } => {
                self.stands(*to, None);
            }
            E::TaskBlocked { to, reason, .. } => self.stands(*to, reason.clone()),
            E::TaskReopened { to, .. } => {
                self.stands(*to, None);
                self.result = None;
            }
            E::TaskCompleted { to, result, .. } | E::TaskFailed { to, result, .. } => {
                self.stands(*to, None);
                self.result = result.clone();
                self.claim = None;
            }
            E::TaskCancelled { to, .. } => {
                self.stands(*to, None);
                self.claim = None;
            }
            _ => {}
        }
    }

    fn judge(&mut self, number: u32, met: bool) {
        if let Some(criterion) = self.criteria.get_mut(&number) {
            criterion.met = met;
        }
    }
}

fn set_or_remove(metadata: &mut BTreeMap<String, Value>, key: &str, value: &Option<Value>) {
    match value {
        Some(value) => _ = metadata.insert(key.to_owned(), value.clone()),
        None => _ = metadata.remove(key),
    }
}
