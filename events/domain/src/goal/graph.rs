//! Who waits for whom.
//!
//! A task may start when what it comes `after` is settled, and when the task it is a part of may start; it may finish when it has started
//! and when its parts have finished. So each task is two nodes, its start and its finish, and a circle in that graph is a set of
//! tasks that would wait for one another for ever, whether through `after`, through parts, or through both.

use std::collections::BTreeMap;

use super::state::{Goal, Task};
use crate::{TaskId, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Start(TaskId),
    Finish(TaskId),
}

impl Node {
    fn task(self) -> TaskId {
        match self {
            Self::Start(task) | Self::Finish(task) => task,
        }
    }

    /// What this node has to wait for.
    fn waits_for(self, goal: &Goal) -> Vec<Self> {
        let Some(task) = goal.task(self.task()) else { return Vec::new() };
        match self {
            Self::Start(_) => {
                task.after.iter().copied().map(Node::Finish).chain(task.parent.map(Node::Start)).collect()
            }
            Self::Finish(id) => {
                [Node::Start(id)].into_iter().chain(task.children.iter().copied().map(Node::Finish)).collect()
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    OnThePath,
    Done,
}

/// A circle that can be reached from one of these tasks, first task repeated at the end; `None` when there is none.
///
/// Depth first with its own stack: a chain of 10,000 tasks must not overflow the thread's.
pub fn find_cycle(goal: &Goal, from: impl IntoIterator<Item = TaskId>) -> Option<Vec<TaskId>> {
    let mut marks = BTreeMap::new();
    from.into_iter().find_map(|task| find_cycle_below(goal, Node::Finish(task), &mut marks))
}

fn find_cycle_below(goal: &Goal, root: Node, marks: &mut BTreeMap<Node, Mark>) -> Option<Vec<TaskId>> {
    if marks.contains_key(&root) {
        return None;
    }
    marks.insert(root, Mark::OnThePath);
    let mut path = vec![(root, root.waits_for(goal))];
    while let Some((node, rest)) = path.last_mut() {
        match rest.pop() {
            Some(next) => match marks.get(&next) {
                Some(Mark::Done) => {}
                Some(Mark::OnThePath) => return Some(circle(&path, next)),
                None => {
                    marks.insert(next, Mark::OnThePath);
                    path.push((next, next.waits_for(goal)));
                }
            },
            None => {
                marks.insert(*node, Mark::Done);
                path.pop();
            }
        }
    }
    None
}

/// The tasks on the path from where `again` was met first, each named once, and the first again.
fn circle(path: &[(Node, Vec<Node>)], again: Node) -> Vec<TaskId> {
    let nodes = path.iter().map(|(node, _)| *node).skip_while(|node| *node != again).chain([again]);
    let mut tasks: Vec<TaskId> = nodes.map(Node::task).collect();
    tasks.dedup();
    if tasks.len() == 1 {
        tasks.push(again.task());
    }
    tasks
}

/// The task and the tasks it is a part of, from itself upwards. Bounded, should a log ever hold a circle of parents.
pub fn lineage(goal: &Goal, task: TaskId) -> impl Iterator<Item = (TaskId, &Task)> {
    let step = move |id: TaskId| goal.task(id).map(|task| (id, task));
    std::iter::successors(step(task), move |(_, task)| task.parent.and_then(step)).take(goal.tasks.len())
}

/// The task's parts, their parts and so on, parents first, itself not included.
pub fn descendants(goal: &Goal, task: TaskId) -> Vec<TaskId> {
    let mut found: Vec<TaskId> = goal.task(task).map(|task| task.children.clone()).unwrap_or_default();
    let mut next = 0;
    while next < found.len() && found.len() <= goal.tasks.len() {
        found.extend(goal.task(found[next]).into_iter().flat_map(|task| task.children.iter().copied()));
        next += 1;
    }
    found
}

/// What has to be settled before the task may start: its own `after`, and that of the tasks it is a part of.
pub fn blockers(goal: &Goal, task: TaskId) -> Vec<TaskId> {
    let mut open: Vec<TaskId> = lineage(goal, task)
        .flat_map(|(_, task)| task.after.iter().copied())
        .filter(|on| goal.task(*on).is_some_and(|on| !on.is_settled()))
        .collect();
    open.sort_unstable();
    open.dedup();
    open
}

/// The parts that have to be settled before the task may finish.
pub fn open_parts(goal: &Goal, task: &Task) -> Vec<TaskId> {
    task.children.iter().copied().filter(|child| goal.task(*child).is_some_and(|child| !child.is_settled())).collect()
}

/// Whether somebody could take the task at this moment and begin.
pub fn is_ready(goal: &Goal, id: TaskId, at: Timestamp) -> bool {
    use super::vocabulary::TaskStatus::{InProgress, Pending};
    goal.status.is_open()
        && !goal.archived
        && goal.task(id).is_some_and(|task| {
            matches!(task.status, Pending | InProgress)
                && !task.archived
                && task.live_claim(at).is_none()
                && open_parts(goal, task).is_empty()
        })
        && lineage(goal, id).all(|(_, task)| !task.archived)
        && blockers(goal, id).is_empty()
}
