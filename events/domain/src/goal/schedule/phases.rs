//! Which tasks can be done side by side.

use super::net::{Length, Net, finish};
use crate::TaskId;

/// A task's phase is the number of tasks on the longest way to its end, so nobody has to wait for anybody in the same phase.
pub(super) fn phases(net: &Net<'_>) -> Vec<Vec<TaskId>> {
    let lengths = net.longest(|_| Length { seconds: 0, tasks: 1 });
    let mut phases: Vec<Vec<TaskId>> = Vec::new();
    for place in net.work() {
        let phase = lengths[finish(place)].tasks;
        phases.resize_with(phases.len().max(phase), Vec::new);
        phases[phase - 1].push(net.tasks[place].0);
    }
    phases
}
