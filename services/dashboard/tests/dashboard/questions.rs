//! REST: what is asked, and how a wrong question ends.

use std::collections::{BTreeMap, BTreeSet};

use dashboard::Config;
use goal_agent::request::CreateGoal;
use serde_json::Value;

use crate::{http::Answer, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn goals_come_in_pages_newest_first_and_one_with_its_tasks() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (older, tasks, _) = world.goal("Older", 2).await?;
    let (newer, _, head) = world.goal("Newer", 0).await?;

    let first = get(&world, &format!("/api/v1/goals?limit=1&min_position={head}")).await?;
    assert_eq!((&first["goals"][0]["id"], &first["position"]), (&newer.into(), &head.into()));
    let cursor = first["next"].as_str().unwrap_or_default();
    let second = get(&world, &format!("/api/v1/goals?limit=1&cursor={cursor}")).await?;
    assert_eq!(second["goals"][0]["id"], older);
    assert!(second.get("next").is_none());
    assert_eq!(get(&world, "/api/v1/goals?status=completed,cancelled").await?["goals"], Value::Array(Vec::new()));

    let before = get(&world, "/api/v1/goals?as_of=1").await?;
    assert_eq!((&before["goals"][0]["id"], &before["position"]), (&older.clone().into(), &1.into()));
    assert!(
        get(&world, &format!("/api/v1/goals/{older}?as_of=1")).await?["tasks"].as_array().is_none_or(Vec::is_empty)
    );
    assert_eq!(get(&world, "/api/v1/goals?as_of=2001-01-01").await?["goals"], Value::Array(Vec::new()));

    let one = get(&world, &format!("/api/v1/goals/{older}")).await?;
    assert_eq!((&one["goal"]["title"], one["tasks"].as_array().map(Vec::len)), (&"Older".into(), Some(2)));
    assert_eq!(one["tasks"][0]["id"], tasks[0].to_string());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn goals_are_found_by_their_words_however_old_they_are() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (bridge, _, _) = world.goal("Paint the bridge", 1).await?;
    world.goal("Mow the lawn", 0).await?;
    let (fence, _, head) = world.goal("Paint the fence", 0).await?;
    world.pushed(head).await?;
    let find = async |query: &str| -> anyhow::Result<Vec<String>> {
        let found = get(&world, &format!("/api/v1/goals?min_position={head}&{query}")).await?;
        let ids = found["goals"].as_array().into_iter().flatten();
        Ok(ids.filter_map(|goal| Some(goal["id"].as_str()?.to_owned())).collect())
    };
    assert_eq!(find("q=bridge").await?, [&*bridge]);
    assert_eq!(find("q=painted").await?.len(), 2, "words are found in any form");
    assert_eq!(find("q=paint%20fence&status=pending,in_progress").await?, [&*fence]);
    assert_eq!(find("q=paint&status=completed").await?, [""; 0]);
    assert_eq!(find("q=%20").await?.len(), 3, "nothing but space is no question");
    assert_eq!(find("q=by:claude-1%20paint").await?.len(), 2);
    assert_eq!(find("q=by:somebody-else").await?, [""; 0]);
    assert_eq!(find("q=status:pending").await?.len(), 3);
    assert_eq!(find("q=status:completed").await?, [""; 0]);
    assert_eq!(find("q=status:pending&status=completed").await?, [""; 0], "what is asked for twice must hold twice");
    assert_eq!(find("q=status:pending&status=pending,completed").await?.len(), 3);
    assert_eq!(find("q=priority:medium%20lawn").await?.len(), 1);
    assert_eq!(find("q=priority:high").await?, [""; 0]);
    assert_eq!(find(&format!("q=goal:{bridge}")).await?, [&*bridge]);

    let found = get(&world, "/api/v1/goals?q=paint&limit=1").await?;
    assert_eq!(found["goals"][0]["progress"]["total"], 1, "the rows are whole");
    let cursor = found["next"].as_str().unwrap_or_default();
    let rest = get(&world, &format!("/api/v1/goals?q=paint&limit=1&cursor={cursor}")).await?;
    assert_eq!((&rest["goals"][0]["id"], rest.get("next")), (&fence.into(), None));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn found_goals_come_all_of_them_however_long_each_is() -> anyhow::Result<()> {
    let world = World::start().await?;
    let long = "0123456789abcdef".repeat(1_000);
    let metadata: BTreeMap<_, _> = (0..10).map(|key| (format!("key{key}"), Value::from(long.clone()))).collect();
    let mut head = 0;
    for number in 0..4 {
        let wanted =
            CreateGoal { title: format!("long {number}"), metadata: metadata.clone(), ..CreateGoal::default() };
        head = world.agent.create_goal(world.caller(), wanted).await?.stored.position;
    }
    let found = get(&world, &format!("/api/v1/goals?q=long&min_position={head}")).await?;
    let goals = found["goals"].as_array().into_iter().flatten();
    let titles: BTreeSet<_> = goals.map(|goal| goal["title"].to_string()).collect();
    assert_eq!(titles.len(), 4, "{titles:?}");
    assert_eq!(found["goals"][3]["metadata"]["key9"], long);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_is_told_what_would_be_right() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, _, head) = world.goal("The only one", 0).await?;
    world.pushed(head).await?;
    let wrong = [
        ("/api/v1/goals?limits=3", 422, "VALIDATION", "did you mean limit?"),
        ("/api/v1/goals?limit=0", 422, "VALIDATION", "limit"),
        ("/api/v1/goals?limit=many", 422, "VALIDATION", "limit: must be a number from 1 to 200"),
        ("/api/v1/goals?status=done", 422, "VALIDATION", "pending, in_progress, completed or cancelled"),
        ("/api/v1/goals?q=status:done", 422, "VALIDATION", "pending, in_progress"),
        ("/api/v1/goals?q=priority:urgent", 422, "VALIDATION", "q: has the unknown priority `urgent`"),
        ("/api/v1/goals?cursor=%00", 422, "VALIDATION", "cursor"),
        ("/api/v1/goals?as_of=soon", 422, "VALIDATION", "as_of: must be a position such as 4711, or a time"),
        ("/api/v1/goals/GOAL-0001?as_of=2999-01-01", 422, "VALIDATION", "as_of: is in the future"),
        ("/api/v1/goals/GOAL-0001?as_of=2001-01-01", 404, "NOT_FOUND", "it came with position 1"),
        ("/api/v1/goals/GOAL-0001?x=1", 422, "VALIDATION", "x: is not a parameter here"),
        ("/api/v1/goals/GOAL-0002", 404, "NOT_FOUND", "GOAL-0001"),
        ("/api/v1/goals/nonsense", 422, "VALIDATION", "GOAL-0001"),
        ("/api/v1/goals/%FF", 404, "NOT_FOUND", "there is nothing at"),
        ("/api/v2/goals", 404, "NOT_FOUND", "/api/v1/goals"),
        ("/assets/../../etc/passwd", 404, "NOT_FOUND", "there is no such file"),
        ("/events?after=-1", 422, "VALIDATION", "after: must be a position"),
        ("/events?since=1", 422, "VALIDATION", "there are after, vocabulary, epoch"),
        ("/events?vocabulary=fine", 422, "VALIDATION", "full or coarse"),
        ("/events?epoch=1", 422, "VALIDATION", "UUID"),
        ("/events?also=everything", 422, "VALIDATION", "also: must be server_status"),
    ];
    for (path, status, code, saying) in wrong {
        let answer = Answer::to(world.address, path, &[]).await?;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{path}");
        let problem = answer.json().await?;
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()), "{path}");
        assert!(problem.to_string().contains(saying), "{path}: {problem}");
    }
    let answer = Answer::to(world.address, "/events", &[("last-event-id", "x")]).await?;
    assert!(answer.json().await?["message"].as_str().is_some_and(|message| message.contains("Last-Event-ID")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_names_of_this_server_are_answered() -> anyhow::Result<()> {
    let config = Config { allowed_hosts: Some(vec!["board.example".to_owned()]), ..Config::default() };
    let world = World::with(config, Vec::new()).await?;
    for (host, status) in [("localhost:8080", 200), ("board.example", 200), ("evil.example", 403), ("", 403)] {
        for path in ["/", "/api/v1/goals", "/health"] {
            assert_eq!(Answer::to(world.address, path, &[("host", host)]).await?.status, status, "{host}{path}");
        }
    }
    assert_eq!(Answer::to(world.address, "/events", &[("host", "evil.example")]).await?.status, 403);
    assert_eq!(Answer::to(world.address, "/livez", &[("host", "10.0.0.7")]).await?.status, 200);
    Ok(())
}

async fn get(world: &World, path: &str) -> anyhow::Result<Value> {
    let answer = Answer::to(world.address, path, &[]).await?;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
    answer.json().await
}
