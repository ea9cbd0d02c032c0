//! The longest way through what is left.

use super::{
    durations::{Basis, Durations},
    net::{Length, Net, Node},
};
use crate::TaskId;

/// A task on the critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The task.
    pub task: TaskId,
    /// How long it will still take, in seconds.
    pub seconds: u64,
    /// How that is known.
    pub basis: Basis,
}

/// The tasks that take longest one after the other, in their order. Of two ways that take as long the one with more tasks, then that of
/// the older ones.
pub(super) fn path(net: &Net<'_>, durations: &Durations<'_>) -> Vec<Step> {
    let lengths = net.longest(|place| Length { seconds: durations.of_place(place).0, tasks: 1 });
    let longest = |nodes: &mut dyn Iterator<Item = Node>| nodes.max_by_key(|node| (lengths[*node], usize::MAX - node));
    let last = longest(&mut net.nodes());
    let way = std::iter::successors(last, |node| longest(&mut net.waits(*node).iter().copied()));
    let mut path: Vec<Step> =
        way.filter_map(|node| net.done_with(node)).map(|place| step(net, durations, place)).collect();
    path.reverse();
    path
}

fn step(net: &Net<'_>, durations: &Durations<'_>, place: usize) -> Step {
    let (seconds, basis) = durations.of_place(place);
    Step { task: net.tasks[place].0, seconds, basis }
}
