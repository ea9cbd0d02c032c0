//! `update` and `comment`: words, state and belongings of goals and tasks.

use std::collections::BTreeMap;

use domain::{
    Goal, GoalCommand as C, GoalEvent, GoalId, Metadata, Rejection, StreamId, TaskId, Timestamp,
    goal::{Expectation, GoalStatus, Subject, TaskStatus},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Caller, GoalAgent,
    keys::{Keys, StoredBefore},
    order::{Done, Envelope},
    plan::minutes,
    refusal::{Refusal, text},
    reply::{self, Changed, Commented, GoalReceipt, Updated},
    request::{AddComment, Lists, Update, goal_status},
};

/// Ids in one call.
pub(crate) const IDS_MAX: usize = 100;

impl GoalAgent {
    /// Changes goals and tasks. What belongs to one goal changes together or not at all, with a receipt for each goal.
    ///
    /// # Errors
    /// When nothing at all was changed; otherwise what did not change is in `conflicts`.
    pub async fn update(&self, caller: &Caller, request: Update) -> Result<Updated, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = Update { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "update", &body, request_id.as_deref(), body.why.as_deref())?;
        let goals = self.subjects_by_goal(&body).await?;
        // The one key of a single goal is looked up when it is stored.
        let stored = if goals.len() > 1 { self.stored_before(&envelope).await? } else { StoredBefore::new() };
        let mut keys = Keys::of(&stored);
        let mut updated = Updated::default();
        let mut refused = None;
        for (goal, subjects) in &goals {
            match self.update_goal(caller, &envelope, &mut keys, *goal, subjects, &body).await {
                Ok(done) => self.add_to(&mut updated, &done, subjects, &envelope),
                // What is away for one goal is away for the next; callers should not wait for each to fail.
                Err(failure) if failure.is_failure() && updated.receipts.is_empty() => return Err(failure),
                Err(refusal) => {
                    let mut described = serde_json::to_value(refusal.describe()).unwrap_or_default();
                    described["goal"] = Value::from(goal.to_string());
                    updated.conflicts.push(described);
                    refused = Some(refusal);
                }
            }
        }
        match refused {
            Some(refusal) if updated.receipts.is_empty() => Err(refusal),
            _ => Ok(updated),
        }
    }

    /// Says something about a goal or task.
    ///
    /// # Errors
    /// NOT_FOUND, VALIDATION or TOO_BIG.
    pub async fn comment(&self, caller: &Caller, request: AddComment) -> Result<Commented, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = AddComment { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "comment", &body, request_id.as_deref(), None)?;
        let subject: Subject = self.id("id", &body.id).await?;
        let goal = self.goal_of(subject).await?;
        let commands = vec![C::AddComment { subject, kind: body.kind, body: text(&body.body) }];
        let done = self.execute_suggesting(caller, &envelope, 0, goal, commands, Vec::new()).await?;
        let number = done.events.iter().find_map(|event| match event {
            GoalEvent::CommentAdded { comment, .. } => Some(*comment),
            _ => None,
        });
        Ok(Commented { stored: self.stored(&done), id: subject, comment: number })
    }

    async fn subjects_by_goal(&self, body: &Update) -> Result<BTreeMap<GoalId, Vec<Subject>>, Refusal> {
        check(body)?;
        let mut goals: BTreeMap<GoalId, Vec<Subject>> = BTreeMap::new();
        for (index, id) in body.ids.iter().enumerate() {
            let subject: Subject = self.id(&format!("ids[{index}]"), id).await?;
            goals.entry(self.goal_of(subject).await?).or_default().push(subject);
        }
        Ok(goals)
    }

    async fn update_goal(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        keys: &mut Keys,
        goal: GoalId,
        subjects: &[Subject],
        body: &Update,
    ) -> Result<Done, Refusal> {
        loop {
            let ordinal = keys.ordinal(goal);
            let mut commands = Vec::new();
            for subject in subjects {
                let meant = self.look_up_names(goal, *subject, body, envelope.command_id(ordinal)).await?;
                commands.extend(self::commands(*subject, body, &meant)?);
            }
            let expect = expectations(subjects, body)?;
            let done = self.execute_suggesting(caller, envelope, ordinal, goal, commands, expect).await;
            let done = done.map_err(|refusal| refusal.renamed(field_of_update))?;
            if keys.take(ordinal, goal, &done) {
                return Ok(done);
            }
        }
    }

    /// Executes, and adds what the domain cannot know: the nearest ids, and whether the caller is in its own way.
    pub(crate) async fn execute_suggesting(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        ordinal: usize,
        goal: GoalId,
        commands: Vec<C>,
        expect: Vec<Expectation>,
    ) -> Result<Done, Refusal> {
        match self.execute(caller, envelope.order(ordinal, goal, commands, expect)).await {
            Ok(done) => Ok(done),
            Err(Refusal::Rejected(Rejection::NotFound { id, .. })) if id == "the goal" => {
                Err(self.not_found(&goal.to_string()).await)
            }
            Err(Refusal::Rejected(Rejection::Conflict { subject, problem, current_version, .. })) => {
                let changed_by = self.changed_by(goal, current_version).await;
                Err(Rejection::Conflict { subject, problem, current_version, changed_by }.into())
            }
            Err(refusal) => Err(self.suggest(caller, refusal).await),
        }
    }

    /// Who made this version: the event of that number in the stream did. A courtesy, as suggestions are.
    async fn changed_by(&self, goal: GoalId, version: u64) -> Option<String> {
        let made_by = self.log.read_stream(&StreamId::from(goal), version.checked_sub(1)?, 1).await.ok()?;
        made_by.first()?.metadata.get(Metadata::ACTOR_ID).map(str::to_owned)
    }

    fn add_to(&self, updated: &mut Updated, done: &Done, subjects: &[Subject], envelope: &Envelope<'_>) {
        let stored = self.stored(done);
        updated.position = updated.position.max(stored.position);
        if !stored.unchanged {
            let version = |subject: &Subject| match subject {
                Subject::Goal(_) => Some(done.goal.version),
                Subject::Task(task) => done.goal.task(*task).map(|task| task.version),
            };
            let changed =
                subjects.iter().filter_map(|subject| Some(Changed { id: *subject, version: version(subject)? }));
            updated.changed.extend(changed);
        }
        let freed = done.events.iter().flat_map(|event| unblocked_by(event, &done.goal, envelope.at));
        updated.unblocked.extend(freed);
        updated.unblocked.sort_unstable();
        updated.unblocked.dedup();
        updated.receipts.push(GoalReceipt { goal: done.goal_id(), stored });
    }

    /// Looks up what the names in an update mean.
    async fn look_up_names(
        &self,
        goal: GoalId,
        subject: Subject,
        body: &Update,
        command_id: Uuid,
    ) -> Result<Meant, Refusal> {
        let mut meant = Meant::default();
        if let Some(parent) = &body.set.parent {
            only_task(subject, "set.parent")?;
            meant.parent = self.parent_task(goal, parent.as_deref()).await?;
        }
        for (index, on) in body.add.after.iter().enumerate() {
            only_task(subject, "add.after")?;
            meant.added.push(self.task_of(goal, &format!("add.after[{index}]"), on).await?);
        }
        for (index, on) in body.remove.after.iter().enumerate() {
            meant.removed.push(self.id(&format!("remove.after[{index}]"), on).await?);
        }
        for criterion in &body.remove.accept {
            let task = only_task(subject, "remove.accept")?;
            meant.unaccepted.extend(self.criterion(task, criterion, command_id).await?);
        }
        Ok(meant)
    }

    /// `null` and the goal's own id both mean directly below the goal.
    async fn parent_task(&self, goal: GoalId, parent: Option<&str>) -> Result<Option<TaskId>, Refusal> {
        const FIELD: &str = "set.parent";
        let Some(parent) = parent else { return Ok(None) };
        match self.id(FIELD, parent).await? {
            Subject::Goal(own) if own == goal => Ok(None),
            Subject::Goal(_) => Err(Refusal::validation(FIELD, format!("a task never leaves its goal, {goal}"))),
            Subject::Task(_) => self.task_of(goal, FIELD, parent).await.map(Some),
        }
    }

    /// A criterion by its number or its text; none for a repetition, which removed it the first time. Numbers are never used again, so one that
    /// has gone meanwhile stays gone.
    async fn criterion(&self, task: TaskId, named: &str, command_id: Uuid) -> Result<Option<u32>, Refusal> {
        if let Ok(number) = named.trim().parse() {
            return Ok(Some(number));
        }
        let store = self.lanes.store();
        let known = store.load(self.goal_of(task.into()).await?).await?;
        if let Ok(number) = criterion(&known.goal, task, named) {
            return Ok(Some(number));
        }
        // Nothing is refused before the log has said that this is no repetition, and what has happened since.
        match store.look_up(command_id, &known).await? {
            (Some(_), _) => Ok(None),
            (None, newest) => criterion(&newest.goal, task, named).map(Some),
        }
    }
}

/// What the names in an update mean, for one of the objects that it changes.
#[derive(Default)]
pub(crate) struct Meant {
    /// The task that `set.parent` names; `None` for the goal.
    pub(crate) parent: Option<TaskId>,
    /// `add.after`.
    pub(crate) added: Vec<TaskId>,
    /// `remove.after`.
    pub(crate) removed: Vec<TaskId>,
    /// `remove.accept`.
    pub(crate) unaccepted: Vec<u32>,
}

/// A criterion by its number or its text.
pub(crate) fn criterion(goal: &Goal, task: TaskId, named: &str) -> Result<u32, Refusal> {
    if let Ok(number) = named.trim().parse() {
        return Ok(number);
    }
    let same = |criterion: &domain::goal::Criterion| *criterion.text == *named;
    let found = goal.task(task).and_then(|task| task.criteria.iter().find(|(_, criterion)| same(criterion)));
    let missing =
        || Refusal::validation("remove.accept", format!("{task} has no criterion `{named}`; give its number"));
    found.map(|(number, _)| *number).ok_or_else(missing)
}

/// What an update asks of one object.
pub(crate) fn commands(subject: Subject, body: &Update, meant: &Meant) -> Result<Vec<C>, Refusal> {
    let mut commands = Vec::new();
    // Taking back comes first and putting aside last, so that both can be said together with a change.
    if body.set.archived == Some(false) {
        commands.push(C::Restore { subject });
    }
    set_commands(subject, body, meant, &mut commands)?;
    if body.set.archived == Some(true) {
        commands.push(C::Archive { subject });
    }
    add_list(subject, &body.add, meant, &mut commands)?;
    remove_list(subject, &body.remove, meant, &mut commands)?;
    Ok(commands)
}

fn set_commands(subject: Subject, body: &Update, meant: &Meant, commands: &mut Vec<C>) -> Result<(), Refusal> {
    let set = &body.set;
    if let Some(title) = &set.title {
        commands.push(C::Retitle { subject, title: text(title) });
    }
    if let Some(description) = &set.description {
        commands.push(C::Describe { subject, description: description.as_deref().map(text) });
    }
    if let Some(priority) = set.priority {
        commands.push(C::Reprioritise { subject, priority });
    }
    if let Some(due) = set.due {
        commands.push(C::SetDue { subject, due });
    }
    if let Some(assignee) = &set.assignee {
        commands.push(C::Assign { subject, assignee: assignee.clone() });
    }
    for (key, value) in &set.metadata {
        let value = Some(value.clone()).filter(|value| !value.is_null());
        commands.push(C::SetMetadata { subject, key: key.clone(), value });
    }
    if let Some(estimate) = &set.estimate {
        let minutes = estimate.as_ref().map(|estimate| minutes("set.estimate", estimate)).transpose()?;
        commands.push(C::Estimate { task: only_task(subject, "set.estimate")?, minutes });
    }
    if set.parent.is_some() {
        commands.push(C::MoveTask { task: only_task(subject, "set.parent")?, parent: meant.parent });
    }
    if let Some(status) = set.status {
        commands.push(match subject {
            Subject::Goal(_) => goal_course(status)?,
            Subject::Task(task) => task_course(task, status, body),
        });
    }
    Ok(())
}

fn add_list(subject: Subject, add: &Lists, meant: &Meant, commands: &mut Vec<C>) -> Result<(), Refusal> {
    commands.extend(add.tags.iter().map(|tag| C::Tag { subject, tag: tag.clone() }));
    commands.extend(add.links.iter().map(|link| C::AddLink { subject, link: link.clone() }));
    for on in &meant.added {
        commands.push(C::AddDependency { task: only_task(subject, "add.after")?, on: *on });
    }
    for criterion in &add.accept {
        commands.push(C::AddCriterion { task: only_task(subject, "add.accept")?, text: text(criterion) });
    }
    Ok(())
}

fn remove_list(subject: Subject, remove: &Lists, meant: &Meant, commands: &mut Vec<C>) -> Result<(), Refusal> {
    commands.extend(remove.tags.iter().map(|tag| C::Untag { subject, tag: tag.clone() }));
    commands.extend(remove.links.iter().map(|link| C::RemoveLink { subject, link: link.clone() }));
    for on in &meant.removed {
        commands.push(C::RemoveDependency { task: only_task(subject, "remove.after")?, on: *on });
    }
    for number in &meant.unaccepted {
        commands.push(C::RemoveCriterion { task: only_task(subject, "remove.accept")?, number: *number });
    }
    Ok(())
}

/// What can be said about an update before anything is looked up.
pub(crate) fn check(body: &Update) -> Result<(), Refusal> {
    check_ids(&body.ids)?;
    if body.expect_version.is_some() && body.ids.len() > 1 {
        return Err(Refusal::validation("expect_version", "is the version of one object; give one id with it"));
    }
    if body.fence.is_some() && body.ids.len() > 1 {
        return Err(Refusal::validation("fence", "is of the claim on one task; give one id with it"));
    }
    if body.set.is_empty() && body.add.is_empty() && body.remove.is_empty() {
        return Err(Refusal::validation("set", "is empty, and so are add and remove; say what to change"));
    }
    Ok(())
}

pub(crate) fn check_ids(ids: &[String]) -> Result<(), Refusal> {
    match ids.len() {
        0 => Err(Refusal::validation("ids", "is empty; give at least one id")),
        1..=IDS_MAX => Ok(()),
        many => Err(Refusal::validation("ids", format!("has {many} ids; give at most {IDS_MAX}"))),
    }
}

/// The fence first: whoever lost the task need not read its newest version. It counts whatever is changed, so that nobody who was
/// replaced writes in the belief that the task is still theirs.
pub(crate) fn expectations(subjects: &[Subject], body: &Update) -> Result<Vec<Expectation>, Refusal> {
    let mut expect = Vec::new();
    for subject in subjects {
        if let Some(fence) = body.fence {
            expect.push(Expectation::Fence { task: only_task(*subject, "fence")?, fence });
        }
        expect.extend(body.expect_version.map(|version| Expectation::Version { subject: *subject, version }));
    }
    Ok(expect)
}

pub(crate) fn only_task(subject: Subject, field: &str) -> Result<TaskId, Refusal> {
    match subject {
        Subject::Task(task) => Ok(task),
        Subject::Goal(goal) => Err(Refusal::validation(field, format!("is for tasks only, and {goal} is a goal"))),
    }
}

/// A status that is asked for is a step that leads there.
fn goal_course(status: TaskStatus) -> Result<C, Refusal> {
    match goal_status(status) {
        Some(GoalStatus::Pending) => Ok(C::ReopenGoal),
        Some(GoalStatus::InProgress) => Ok(C::StartGoal),
        Some(GoalStatus::Completed) => Ok(C::CompleteGoal { result: None }),
        Some(GoalStatus::Cancelled) => Ok(C::CancelGoal),
        None => {
            let status = <&str>::from(status);
            Err(Refusal::validation(
                "set.status",
                format!("a goal cannot be {status}; give pending, in_progress, completed or cancelled"),
            ))
        }
    }
}

fn task_course(task: TaskId, status: TaskStatus, body: &Update) -> C {
    let (fence, why) = (body.fence, body.why.as_deref().map(text));
    match status {
        TaskStatus::Pending => C::ReopenTask { task },
        TaskStatus::InProgress => C::StartTask { task, fence },
        TaskStatus::Blocked => C::BlockTask { task, reason: why, fence },
        TaskStatus::InReview => C::RequestReview { task, fence },
        TaskStatus::Completed => C::CompleteTask { task, result: None, evidence: Vec::new(), met: Vec::new(), fence },
        TaskStatus::Failed => C::FailTask { task, result: why, evidence: Vec::new(), fence },
        TaskStatus::Cancelled => C::CancelTask { task },
    }
}

/// Tasks that can be claimed now because of an event.
fn unblocked_by(event: &GoalEvent, goal: &Goal, at: Timestamp) -> Vec<TaskId> {
    match event {
        GoalEvent::TaskCompleted { task, .. }
        | GoalEvent::TaskCancelled { task, .. }
        | GoalEvent::TaskArchived { task } => reply::unblocked(goal, *task, at),
        GoalEvent::DependencyRemoved { task, .. } => reply::ready_from(goal, *task, at),
        _ => Vec::new(),
    }
}

/// Where a field of a goal or task stands in the request.
fn field_of_update(field: &str) -> Option<String> {
    match field {
        "title" | "description" | "priority" | "due" | "estimate" | "assignee" | "status" | "parent" | "metadata" => {
            Some(format!("set.{field}"))
        }
        "tags" | "after" | "accept" | "links" => Some(format!("add.{field}")),
        _ => None,
    }
}
