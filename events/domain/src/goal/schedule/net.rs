//! Who waits for whom, laid out so that it can be walked many times.
//!
//! Each task is two nodes, its start and its finish, as in [`graph`](super::super::graph). Work on a task is done between what its finish
//! waits for and the finish itself. What is settled has no finish to wait for.

use std::ops::Add;

use super::super::state::{Goal, Task};
use crate::TaskId;

/// A start or a finish, by number.
pub(super) type Node = usize;

/// How long something takes, and in how many tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Length {
    pub(super) seconds: u64,
    pub(super) tasks: usize,
}

impl Add for Length {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { seconds: self.seconds + other.seconds, tasks: self.tasks + other.tasks }
    }
}

/// All tasks of a goal by place, in the order of their ids, and the nodes that each node waits for.
pub(super) struct Net<'a> {
    pub(super) tasks: Vec<(TaskId, &'a Task)>,
    waits: Vec<Vec<Node>>,
    followers: Vec<Vec<Node>>,
    /// Every node after all that it waits for.
    order: Vec<Node>,
    /// Where the tasks stand that are work, in the order of the agenda.
    turns: Vec<usize>,
}

pub(super) fn start(place: usize) -> Node {
    2 * place
}

pub(super) fn finish(place: usize) -> Node {
    2 * place + 1
}

impl<'a> Net<'a> {
    pub(super) fn of(goal: &'a Goal) -> Self {
        let tasks: Vec<(TaskId, &Task)> = goal.tasks.iter().map(|(id, task)| (*id, task.as_ref())).collect();
        let mut waits = waits(&tasks);
        let order = in_order(&waits);
        forget_circles(&mut waits, &order);
        let mut followers = vec![Vec::new(); waits.len()];
        for (node, on) in waits.iter().enumerate().flat_map(|(node, on)| on.iter().map(move |on| (node, *on))) {
            followers[on].push(node);
        }
        let turns = goal.agenda.open().filter_map(|task| place(&tasks, task)).collect();
        Self { tasks, waits, followers, order, turns }
    }

    /// Where the tasks stand that are work: what should be done first comes first.
    pub(super) fn work(&self) -> impl ExactSizeIterator<Item = usize> {
        self.turns.iter().copied()
    }

    fn is_work(&self, place: usize) -> bool {
        let task = self.tasks[place].1;
        !task.archived && task.status.is_open()
    }

    /// The task that is done with this node; `None` for what takes nobody's work.
    pub(super) fn done_with(&self, node: Node) -> Option<usize> {
        let place = node / 2;
        (node == finish(place) && self.is_work(place)).then_some(place)
    }

    pub(super) fn place(&self, task: TaskId) -> Option<usize> {
        place(&self.tasks, task)
    }

    pub(super) fn waits(&self, node: Node) -> &[Node] {
        &self.waits[node]
    }

    pub(super) fn followers(&self, node: Node) -> &[Node] {
        &self.followers[node]
    }

    pub(super) fn nodes(&self) -> std::ops::Range<Node> {
        0..self.waits.len()
    }

    /// For each node the longest way through what it waits for, its own task included.
    pub(super) fn longest(&self, takes: impl Fn(usize) -> Length) -> Vec<Length> {
        let mut lengths = vec![Length::default(); self.waits.len()];
        for node in &self.order {
            let before = self.waits[*node].iter().map(|on| lengths[*on]).max().unwrap_or_default();
            lengths[*node] = before + self.done_with(*node).map(&takes).unwrap_or_default();
        }
        lengths
    }
}

fn place(tasks: &[(TaskId, &Task)], task: TaskId) -> Option<usize> {
    tasks.binary_search_by_key(&task, |(id, _)| *id).ok()
}

fn waits(tasks: &[(TaskId, &Task)]) -> Vec<Vec<Node>> {
    let at = |task: &TaskId| place(tasks, *task);
    let unsettled = |task: &TaskId| at(task).filter(|place| !tasks[*place].1.is_settled());
    let mut waits = Vec::with_capacity(2 * tasks.len());
    for (own, (_, task)) in tasks.iter().enumerate() {
        let after = task.after.iter().filter_map(unsettled).map(finish);
        waits.push(after.chain(task.parent.as_ref().and_then(at).map(start)).collect());
        waits.push(match task.is_settled() {
            true => Vec::new(),
            false => [start(own)].into_iter().chain(task.children.iter().filter_map(unsettled).map(finish)).collect(),
        });
    }
    waits
}

/// Depth first with its own stack. In a circle, which no decision allows, somebody comes first all the same.
fn in_order(waits: &[Vec<Node>]) -> Vec<Node> {
    let (mut order, mut met) = (Vec::with_capacity(waits.len()), vec![false; waits.len()]);
    for root in 0..waits.len() {
        let mut path = Vec::new();
        if !std::mem::replace(&mut met[root], true) {
            path.push((root, 0));
        }
        while let Some((node, next)) = path.last_mut() {
            match waits[*node].get(*next) {
                Some(on) => {
                    *next += 1;
                    if !std::mem::replace(&mut met[*on], true) {
                        path.push((*on, 0));
                    }
                }
                None => {
                    order.push(*node);
                    path.pop();
                }
            }
        }
    }
    order
}

fn forget_circles(waits: &mut [Vec<Node>], order: &[Node]) {
    let mut ranks = vec![0; order.len()];
    for (rank, node) in order.iter().enumerate() {
        ranks[*node] = rank;
    }
    for (node, on) in waits.iter_mut().enumerate() {
        on.retain(|on| ranks[*on] < ranks[node]);
    }
}
