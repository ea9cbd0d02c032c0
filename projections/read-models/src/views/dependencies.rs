//! The view `dependencies`: which task waits for which.

use domain::TaskId;

use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// A task waits for another.
    DependencyVersion in "dependencies"
    key { task: i64 as "bigint", on_task: i64 as "bigint" }
    always { goal: i64 as "bigint", workspace: String as "text" }
    maybe {}
    derived {}
    live {}
    past {}
}

impl Fold {
    pub(crate) fn begin_dependency(&mut self, at: &At, task: TaskId, on: TaskId) {
        self.dependencies.begin(version(at, task, on));
    }

    pub(crate) fn add_dependency(&mut self, at: &At, task: TaskId, on: TaskId) {
        self.dependencies.put(version(at, task, on));
        self.tasks.want((signed(on.0),));
        if self.waits_for(task, on) == Some(false) {
            self.hold_up(at, on, 1);
        }
        self.change_task(at, task, |task| _ = task.after_tasks.insert(on));
    }

    pub(crate) fn remove_dependency(&mut self, at: &At, task: TaskId, on: TaskId) {
        self.dependencies.end(&(signed(task.0), signed(on.0)), at.position);
        self.tasks.want((signed(on.0),));
        if self.waits_for(task, on) == Some(true) {
            self.hold_up(at, on, -1);
        }
        self.change_task(at, task, |task| _ = task.after_tasks.remove(&on));
    }
}

fn version(at: &At, task: TaskId, on: TaskId) -> DependencyVersion {
    DependencyVersion {
        task: signed(task.0),
        on_task: signed(on.0),
        from_position: at.position,
        to_position: None,
        goal: at.goal,
        workspace: at.workspace.to_owned(),
    }
}
