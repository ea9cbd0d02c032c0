//! What each event does to each view: the one place that knows, and every event is in it, also those that change nothing.

use domain::{GoalEvent, Recorded, TaskId, Timestamp, goal::GoalStatus};
use serde_json::Value;
use sqlx::PgConnection;

use crate::{
    catalogue::Generations,
    error::ApplyError,
    ranged::Ranged,
    rows::{ChangedRows, CriterionRow, LinkRow},
    views::{
        claims::{ClaimVersion, NewClaim},
        comments::CommentVersion,
        dependencies::DependencyVersion,
        goals::{GoalVersion, NewGoal, deadline, due_text},
        positions::PositionVersion,
        search::SearchVersion,
        tags::TagVersion,
        tasks::{AwaitedVersion, NewTask, ProgressVersion, TaskVersion, estimate},
        vocabulary::VocabularyVersion,
    },
    writing::Writing,
};

/// All tables, with what a page does to them.
pub(crate) struct Fold {
    pub(crate) goals: Ranged<GoalVersion>,
    pub(crate) tasks: Ranged<TaskVersion>,
    pub(crate) progress: Ranged<ProgressVersion>,
    pub(crate) awaited: Ranged<AwaitedVersion>,
    pub(crate) tags: Ranged<TagVersion>,
    pub(crate) dependencies: Ranged<DependencyVersion>,
    pub(crate) claims: Ranged<ClaimVersion>,
    pub(crate) comments: Ranged<CommentVersion>,
    pub(crate) search: Ranged<SearchVersion>,
    pub(crate) vocabulary: Ranged<VocabularyVersion>,
    pub(crate) positions: Ranged<PositionVersion>,
    /// The rows that each event of the page changed, when somebody wants them.
    pub(crate) telling: Option<Vec<ChangedRows>>,
}

/// Which tasks an event reaches is known when the row of its own is there, so what is needed is noted, loaded, and noted again.
const NOTING_RUNS: usize = 2;

/// Where and when an event stands.
pub(crate) struct At<'a> {
    pub(crate) position: i64,
    pub(crate) sequence: i64,
    pub(crate) goal: i64,
    pub(crate) time: Timestamp,
    pub(crate) workspace: &'a str,
    pub(crate) actor: Option<&'a str>,
    /// Where the first event of its command stands.
    pub(crate) command_begins: i64,
    /// That is on an earlier page.
    pub(crate) is_continued: bool,
}

/// Runs a piece of code for each table and the view it belongs to.
macro_rules! each_table {
    ($fold:expr, |$table:ident, $view:ident| $body:expr) => {
        each_table!(@ $fold, $table, $view, $body;
            goals in "goals", tasks in "tasks", progress in "tasks", awaited in "tasks", tags in "tags",
            dependencies in "dependencies", claims in "claims", comments in "comments", search in "search",
            vocabulary in "search", positions in "positions")
    };
    (@ $fold:expr, $table:ident, $view:ident, $body:expr; $($field:ident in $name:literal),+) => {
        $({
            let ($table, $view) = (&mut $fold.$field, $name);
            $body
        })+
    };
}

impl Fold {
    /// For these views only; the others are left alone.
    pub(crate) fn of(views: &[&str]) -> Self {
        let active = |view: &str| views.contains(&view);
        Self {
            goals: Ranged::new(active("goals")),
            tasks: Ranged::new(active("tasks")),
            progress: Ranged::new(active("tasks")),
            awaited: Ranged::new(active("tasks")),
            tags: Ranged::new(active("tags")),
            dependencies: Ranged::new(active("dependencies")),
            claims: Ranged::new(active("claims")),
            comments: Ranged::new(active("comments")),
            search: Ranged::new(active("search")),
            vocabulary: Ranged::new(active("search")),
            positions: Ranged::new(active("positions")),
            telling: None,
        }
    }

    /// The same for tables that are empty and have no indexes; [`Self::copy`] fills them, [`Self::finish`] makes them like any other.
    pub(crate) fn filling(views: &[&str]) -> Self {
        let mut fold = Self::of(views);
        each_table!(fold, |table, _view| *table = Ranged::empty(table.active));
        fold
    }

    /// Applies a page to the tables of these generations, by what is added to `writing`.
    pub(crate) async fn apply(
        &mut self,
        connection: &mut PgConnection,
        generations: &Generations,
        page: &[(&Recorded, GoalEvent)],
        writing: &mut Writing,
    ) -> Result<(), ApplyError> {
        let failed = failed(page);
        self.fold(connection, generations, page).await?;
        each_table!(self, |table, view| table.write(writing, generations.of(view)).map_err(failed)?);
        Ok(())
    }

    /// Applies a page while the tables have no indexes.
    pub(crate) async fn copy(
        &mut self,
        connection: &mut PgConnection,
        generations: &Generations,
        page: &[(&Recorded, GoalEvent)],
    ) -> Result<(), ApplyError> {
        let failed = failed(page);
        self.fold(connection, generations, page).await?;
        each_table!(self, |table, view| table.copy(connection, generations.of(view)).await.map_err(failed)?);
        Ok(())
    }

    /// Stores what is still remembered only, and makes the indexes.
    pub(crate) async fn finish(
        &mut self,
        connection: &mut PgConnection,
        generations: &Generations,
    ) -> sqlx::Result<()> {
        each_table!(self, |table, view| table.finish(connection, generations.of(view)).await?);
        Ok(())
    }

    /// Loads what the page needs and changes it in memory.
    async fn fold(
        &mut self,
        connection: &mut PgConnection,
        generations: &Generations,
        page: &[(&Recorded, GoalEvent)],
    ) -> Result<(), ApplyError> {
        let failed = failed(page);
        for _ in 0..NOTING_RUNS {
            let mut is_loaded = false;
            each_table!(self, |table, _view| table.noting = true);
            self.run(page)?;
            each_table!(self, |table, view| {
                table.noting = false;
                is_loaded |= table.load(connection, generations.of(view)).await.map_err(failed)?;
            });
            if !is_loaded {
                break;
            }
        }
        self.run(page)
    }

    fn run(&mut self, page: &[(&Recorded, GoalEvent)]) -> Result<(), ApplyError> {
        let begins = page.first().map_or(0, |(recorded, _)| recorded.position);
        page.iter().try_for_each(|(recorded, event)| {
            let at = At::of(recorded, begins)?;
            self.note_position(&at, recorded, event.task());
            self.event(&at, event);
            self.tell(&at, event.task());
            Ok(())
        })
    }

    fn event(&mut self, at: &At, event: &GoalEvent) {
        use GoalEvent as E;
        match event {
            E::GoalCreated { goal: _, title, description, priority, tags, due, metadata } => {
                let description = description.as_deref();
                self.create_goal(at, &NewGoal { title, description, priority: *priority, tags, due: *due, metadata });
            }
            E::GoalRetitled { from: _, to } => {
                self.change_goal(at, |goal| goal.title = to.to_string());
                self.rewrite(at, None, |texts| texts.title = to.to_string());
                self.learn(at, to);
            }
            E::GoalDescribed { from: _, to } => {
                self.change_goal(at, |_| ());
                self.rewrite(at, None, |texts| texts.description = to.as_deref().map(str::to_owned));
            }
            E::GoalReprioritised { from: _, to } => self.change_goal(at, |goal| goal.priority = *to as i16),
            E::GoalTagged { tag } => {
                self.change_goal(at, |goal| _ = goal.tags.insert(tag.clone()));
                self.tag(at, None, tag);
            }
            E::GoalUntagged { tag } => {
                self.change_goal(at, |goal| _ = goal.tags.remove(tag));
                self.untag(at, None, tag);
            }
            E::GoalDueSet { from: _, to } => self.change_goal(at, |goal| {
                goal.due = to.map(due_text);
                goal.deadline = to.map(deadline);
            }),
            E::GoalAssigned { from: _, to } => self.change_goal(at, |goal| goal.assignee = to.clone()),
            E::GoalMetadataSet { key, from: _, to } => {
                self.change_goal(at, |goal| set_or_remove(&mut goal.metadata, key, to.as_ref()));
            }
            E::GoalStarted { from: _, to } | E::GoalCancelled { from: _, to } => self.set_goal_status(at, *to),
            E::GoalCompleted { from: _, to, result } => {
                self.set_goal_status(at, *to);
                self.rewrite(at, None, |texts| texts.result = result.as_deref().map(str::to_owned));
            }
            E::GoalReopened { from: _, to } => {
                self.set_goal_status(at, *to);
                self.rewrite(at, None, |texts| texts.result = None);
            }
            E::GoalArchived {} => self.change_goal(at, |goal| goal.archived = true),
            E::GoalRestored {} => self.change_goal(at, |goal| goal.archived = false),

            E::TaskAdded {
                task,
                key: _,
                parent,
                title,
                description,
                priority,
                tags,
                after,
                criteria,
                estimate_minutes,
                due,
            } => {
                self.add_task(
                    at,
                    &NewTask {
                        task: *task,
                        parent: *parent,
                        title,
                        description: description.as_deref(),
                        priority: *priority,
                        tags,
                        after,
                        criteria,
                        estimate_minutes: *estimate_minutes,
                        due: *due,
                    },
                );
            }
            E::TaskRetitled { task, from: _, to } => {
                self.change_task(at, *task, |task| task.title = to.to_string());
                self.rewrite(at, Some(*task), |texts| texts.title = to.to_string());
                self.learn(at, to);
            }
            E::TaskDescribed { task, from: _, to } => {
                self.change_task(at, *task, |_| ());
                self.rewrite(at, Some(*task), |texts| texts.description = to.as_deref().map(str::to_owned));
            }
            E::TaskReprioritised { task, from: _, to } => {
                self.change_task(at, *task, |task| task.priority = *to as i16);
            }
            E::TaskTagged { task, tag } => {
                self.change_task(at, *task, |task| _ = task.tags.insert(tag.clone()));
                self.tag(at, Some(*task), tag);
            }
            E::TaskUntagged { task, tag } => {
                self.change_task(at, *task, |task| _ = task.tags.remove(tag));
                self.untag(at, Some(*task), tag);
            }
            E::TaskEstimated { task, from: _, to } => {
                self.change_task(at, *task, |task| task.estimate_minutes = estimate(*to));
            }
            E::TaskDueSet { task, from: _, to } => self.change_task(at, *task, |task| {
                task.due = to.map(due_text);
                task.deadline = to.map(deadline);
            }),
            E::TaskAssigned { task, from: _, to } => self.change_task(at, *task, |task| task.assignee = to.clone()),
            E::TaskMoved { task, from: _, to } => self.change_task(at, *task, |task| {
                task.parent = to.map(|parent| signed(parent.0));
                task.placed_position = at.position;
            }),
            E::TaskMetadataSet { task, key, from: _, to } => {
                self.change_task(at, *task, |task| set_or_remove(&mut task.metadata, key, to.as_ref()));
            }

            E::DependencyAdded { task, on } => self.add_dependency(at, *task, *on),
            E::DependencyRemoved { task, on } => self.remove_dependency(at, *task, *on),
            E::CriterionAdded { task, number, text } => self.change_task(at, *task, |task| {
                task.criteria.push(CriterionRow { number: *number, text: text.to_string(), met: false });
                task.criteria.sort_by_key(|criterion| criterion.number);
            }),
            E::CriterionRemoved { task, number, text: _ } => {
                self.change_task(at, *task, |task| task.criteria.retain(|criterion| criterion.number != *number));
            }
            E::CriterionMet { task, number } => self.judge_criterion(at, *task, *number, true),
            E::CriterionUnmet { task, number } => self.judge_criterion(at, *task, *number, false),
            E::LinkAdded { task: None, link } => self.change_goal(at, |goal| _ = goal.links.insert(link_row(link))),
            E::LinkAdded { task: Some(task), link } => {
                self.change_task(at, *task, |task| _ = task.links.insert(link_row(link)));
            }
            E::LinkRemoved { task: None, link } => self.change_goal(at, |goal| _ = goal.links.remove(&link_row(link))),
            E::LinkRemoved { task: Some(task), link } => {
                self.change_task(at, *task, |task| _ = task.links.remove(&link_row(link)));
            }

            E::TaskClaimed { task, fence, holder, at: since, until } => {
                self.claim(at, &NewClaim { task: *task, holder, fence: *fence, since: *since, until: *until });
            }
            E::ClaimRenewed { task, fence: _, from: _, to } => self.renew_claim(at, *task, *to),
            E::ClaimReleased { task, fence: _, holder: _ }
            | E::ClaimExpired { task, fence: _, holder: _, until: _ } => {
                self.end_claim(at, *task);
                self.change_task(at, *task, |_| ());
            }

            E::TaskStarted { task, from: _, to }
            | E::TaskUnblocked { task, from: _, to }
            | E::TaskReviewRequested { task, from: _, to } => self.set_task_status(at, *task, *to, None),
            E::TaskBlocked { task, from: _, to, reason } => self.set_task_status(at, *task, *to, reason.as_deref()),
            E::TaskCompleted { task, from: _, to, result, evidence: _ }
            | E::TaskFailed { task, from: _, to, result, evidence: _ } => {
                self.set_task_status(at, *task, *to, None);
                self.end_claim(at, *task);
                self.rewrite(at, Some(*task), |texts| texts.result = result.as_deref().map(str::to_owned));
            }
            E::TaskCancelled { task, from: _, to } => {
                self.set_task_status(at, *task, *to, None);
                self.end_claim(at, *task);
            }
            E::TaskReopened { task, from: _, to } => {
                self.set_task_status(at, *task, *to, None);
                self.rewrite(at, Some(*task), |texts| texts.result = None);
            }
            E::TaskArchived { task } => self.change_counted_task(at, *task, |task| task.archived = true),
            E::TaskRestored { task } => self.change_counted_task(at, *task, |task| task.archived = false),

            E::CommentAdded { comment, task, kind, body } => {
                self.touch(at, *task);
                self.add_comment(at, *comment, *task, *kind, body);
            }
            E::CommentRetracted { comment, task } => {
                self.touch(at, *task);
                self.retract_comment(at, *comment);
            }
            // A note changes no object.
            E::CommandNoted {} => {}
        }
    }

    /// A new version of the goal or the task, with nothing else changed.
    fn touch(&mut self, at: &At, task: Option<TaskId>) {
        match task {
            Some(task) => self.change_task(at, task, |_| ()),
            None => self.change_goal(at, |_| ()),
        }
    }

    fn set_goal_status(&mut self, at: &At, to: GoalStatus) {
        self.change_goal(at, |goal| goal.status = <&str>::from(to).to_owned());
    }
}

impl<'a> At<'a> {
    /// On a page that begins at this position.
    fn of(recorded: &'a Recorded, page_begins: u64) -> Result<Self, ApplyError> {
        let goal = recorded.goal_id().ok_or_else(|| ApplyError::UnknownStream {
            position: recorded.position,
            stream: recorded.stream.to_string(),
        })?;
        let command_begins = recorded.position.saturating_sub(recorded.command_pos.into());
        Ok(Self {
            position: signed(recorded.position),
            sequence: signed(recorded.sequence),
            goal: signed(goal.0),
            time: recorded.recorded_at,
            workspace: recorded.workspace.as_str(),
            actor: recorded.metadata.get(domain::Metadata::ACTOR_ID),
            command_begins: signed(command_begins),
            is_continued: command_begins < page_begins,
        })
    }
}

/// Postgres has no unsigned numbers. What does not fit has never been stored, so nothing is found by it.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Back from Postgres. Nothing below zero is ever stored.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(crate) fn failed(page: &[(&Recorded, GoalEvent)]) -> impl Fn(sqlx::Error) -> ApplyError + Copy + use<> {
    let after = page.first().map_or(0, |(recorded, _)| recorded.position - 1);
    move |source| ApplyError::Database { after, source }
}

fn link_row(link: &domain::goal::Link) -> LinkRow {
    LinkRow { rel: link.rel.clone(), to: link.to.to_string() }
}

fn set_or_remove(metadata: &mut std::collections::BTreeMap<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => _ = metadata.insert(key.to_owned(), value.clone()),
        None => _ = metadata.remove(key),
    }
}
