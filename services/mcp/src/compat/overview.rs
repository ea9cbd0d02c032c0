//! What is left of a goal, and who does what.

use std::collections::BTreeMap;

use goal_agent::{
    Caller, GoalAgent, GoalStatus, GoalsPage, Refusal,
    request::{Find, FindView, Kind, Outlook},
    rows::{GoalRow, Progress},
};

use super::{
    answers::{Agent, AgentStatus, GoalCounts, Held, Phase, Plan},
    requests::GenerateExecutionPlan,
};

/// Rows of one page.
const ROWS_A_PAGE: u32 = 200;
/// Pages of goals that are counted, the newest, and of tasks that are looked through for claims.
const PAGES_MAX: usize = 10;

pub(super) async fn plan(agent: &GoalAgent, caller: &Caller, asked: GenerateExecutionPlan) -> Result<Plan, Refusal> {
    let outlook = agent.outlook(caller, Outlook { goal: asked.goal_id, ..Outlook::default() }).await?;
    let phases = outlook.phases.into_iter().enumerate().map(|(place, phase)| {
        let task_count = phase.tasks.len() + phase.more;
        Phase { phase: place + 1, tasks: phase.tasks, task_count, parallel_execution_possible: task_count > 1 }
    });
    let execution_phases: Vec<Phase> = phases.collect();
    Ok(Plan {
        position: outlook.position,
        goal_id: outlook.goal,
        total_tasks: outlook.left,
        total_phases: execution_phases.len(),
        execution_phases,
        critical_path: outlook.critical_path.tasks.into_iter().map(|step| step.id).collect(),
        risks: outlook.risks.into_iter().map(|risk| risk.what).collect(),
        hint: outlook.hint,
    })
}

pub(super) async fn status(agent: &GoalAgent, caller: &Caller) -> Result<AgentStatus, Refusal> {
    let mut status = AgentStatus::default();
    let all_counted = count_goals(agent, caller, &mut status).await?;
    let all_looked_at = list_agents(agent, caller, &mut status).await?;
    if !(all_counted && all_looked_at) {
        let rows = PAGES_MAX * ROWS_A_PAGE as usize;
        status.hint = Some(format!("only {rows} goals and {rows} tasks in work were looked at; there are more"));
    }
    Ok(status)
}

/// `false` when there are more.
async fn count_goals(agent: &GoalAgent, caller: &Caller, status: &mut AgentStatus) -> Result<bool, Refusal> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = GoalsPage { limit: Some(ROWS_A_PAGE), cursor, ..GoalsPage::default() };
        let page = agent.goals(caller, page).await?;
        status.position = page.position;
        page.goals.iter().for_each(|goal| count(goal, status));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(true),
        }
    }
    Ok(false)
}

fn count(goal: &GoalRow, status: &mut AgentStatus) {
    let GoalCounts { total, planned, in_progress, completed, cancelled } = &mut status.goals;
    *total += 1;
    *match goal.status {
        GoalStatus::Pending => planned,
        GoalStatus::InProgress => in_progress,
        GoalStatus::Completed => completed,
        GoalStatus::Cancelled => cancelled,
    } += 1;
    let (all, its) = (&mut status.tasks, &goal.progress);
    *all = Progress {
        total: all.total + its.total,
        pending: all.pending + its.pending,
        in_progress: all.in_progress + its.in_progress,
        blocked: all.blocked + its.blocked,
        in_review: all.in_review + its.in_review,
        completed: all.completed + its.completed,
        failed: all.failed + its.failed,
        cancelled: all.cancelled + its.cancelled,
    };
}

/// Whoever holds a task has begun it. `false` when there may be more.
async fn list_agents(agent: &GoalAgent, caller: &Caller, status: &mut AgentStatus) -> Result<bool, Refusal> {
    use domain::goal::TaskStatus::{Blocked, InProgress, InReview};
    let mut agents: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    let mut cursor = None;
    let mut pages = 0;
    let all = loop {
        let begun = Find {
            view: Some(FindView::Open),
            kind: Some(Kind::Task),
            status: vec![InProgress, Blocked, InReview],
            limit: Some(ROWS_A_PAGE),
            cursor,
            min_position: Some(status.position),
            ..Find::default()
        };
        let found = agent.find(caller, begun).await?;
        for row in found.rows {
            let Some(claim) = row.claim else { continue };
            let held = Held { id: row.id.to_string(), goal_id: row.goal, title: row.title, until: claim.until };
            agents.entry(claim.holder).or_default().push(held);
        }
        pages += 1;
        cursor = found.more;
        if cursor.is_none() || pages == PAGES_MAX {
            break cursor.is_none();
        }
    };
    status.agents = agents.into_iter().map(|(agent, tasks)| Agent { agent, tasks }).collect();
    Ok(all)
}
