//! The first rows of the page, in the markup that `ui/README.md` agrees on; maud escapes whatever people wrote.

use goal_agent::rows::GoalRow;
use maud::{Markup, html};

/// One `li` a goal.
pub(crate) fn render(goals: &[GoalRow]) -> Markup {
    html! { @for goal in goals { (row(goal)) } }
}

fn row(goal: &GoalRow) -> Markup {
    let status: &str = goal.status.into();
    let (done, of) = (goal.progress.completed, goal.progress.total.saturating_sub(goal.progress.cancelled));
    html! {
        li class="goal" data-id=(goal.id) {
            a href={ "#/goal/" (goal.id) } {
                span class="goal-id" { (goal.id) }
                span class="goal-title" { (goal.title) }
                span class="status" data-status=(status) {
                    svg class="icon" data-icon=(status) aria-hidden="true" { use href={ "#i-" (status) } {} }
                    span class="word" { (status.replace('_', " ")) }
                }
                progress value=(done) max=(of.max(1)) aria-label={ (done) " of " (of) " tasks done" } {}
                span class="goal-count" { (done) "/" (of) }
            }
        }
    }
}
