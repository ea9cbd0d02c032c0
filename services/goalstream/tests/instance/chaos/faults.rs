//! How each fault is done, and undone. When this returns, the servers are back; whether Goalstream is, the round will tell.

use std::time::Duration;

use local_stack::Server;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{sleep, timeout};

use super::{
    full, older,
    patience::QUESTION_BOUND,
    plan::{Clockwork, Fault, SLOW_FOR, Side, Victim},
    world::World,
};

pub(crate) async fn strike(world: &World, fault: Fault) {
    match fault {
        Fault::Kill(victim) => kill_victim(world, victim).await,
        Fault::Pause(victim, lasting) => pause(world, victim, lasting).await,
        Fault::Cut(link) => world.link(link).cut(),
        Fault::Slow(link, delay) => world.link(link).slow(delay, SLOW_FOR).await,
        Fault::Silence(link, lasting) => world.link(link).silence(lasting).await,
        Fault::Forsake(link) => world.link(link).forsake(),
        Fault::LoseStore => lose_store(world).await,
        Fault::DeleteStream => delete_stream(world).await,
        Fault::FillDisk(server, lasting) => full::fill(world, server, lasting, false).await,
        Fault::FillDiskOfWal(lasting) => full::fill(world, Server::Postgres, lasting, true).await,
        Fault::StepClock(whose, seconds, lasting) => step_clock(world, whose, seconds, lasting).await,
        Fault::RestoreOlder => older::restore(world).await,
    }
}

async fn kill_victim(world: &World, victim: Victim) {
    match victim {
        Victim::Postgres => {
            let mut stack = world.stack.lock().await;
            stack.kill_postgres().await.unwrap();
            stack.restart_postgres().await.unwrap();
        }
        // Postgres then ends all others and recovers by itself.
        Victim::Backend(number) => signal_backend(choose_backend(world, number).await, Signal::SIGKILL),
        Victim::Nats => {
            let mut stack = world.stack.lock().await;
            stack.kill_nats().await.unwrap();
            stack.start_nats().await.unwrap();
        }
        Victim::Node(side) => world.node(side).signal(Signal::SIGKILL),
        Victim::BothNodes => Side::BOTH.into_iter().for_each(|side| world.node(side).signal(Signal::SIGKILL)),
        Victim::Everything => {
            let mut stack = world.stack.lock().await;
            Side::BOTH.into_iter().for_each(|side| world.node(side).signal(Signal::SIGKILL));
            stack.kill_postgres().await.unwrap();
            stack.kill_nats().await.unwrap();
            stack.restart_postgres().await.unwrap();
            stack.start_nats().await.unwrap();
        }
    }
}

async fn pause(world: &World, victim: Victim, lasting: Duration) {
    match victim {
        Victim::Postgres => pause_server(world, Server::Postgres, lasting).await,
        Victim::Nats => pause_server(world, Server::Nats, lasting).await,
        Victim::Backend(number) => {
            let backend = choose_backend(world, number).await;
            signal_backend(backend, Signal::SIGSTOP);
            sleep(lasting).await;
            signal_backend(backend, Signal::SIGCONT);
        }
        Victim::Node(side) => {
            world.node(side).signal(Signal::SIGSTOP);
            sleep(lasting).await;
            world.node(side).signal(Signal::SIGCONT);
        }
        Victim::BothNodes | Victim::Everything => unreachable!("no plan has it"),
    }
}

/// The stack is free meanwhile, for the second fault of the round.
async fn pause_server(world: &World, server: Server, lasting: Duration) {
    world.stack.lock().await.pause(server);
    sleep(lasting).await;
    world.stack.lock().await.resume(server);
}

/// One of those that serve a node; none when Postgres is away because of the other fault of the round.
async fn choose_backend(world: &World, number: u64) -> Option<Pid> {
    let asking = async {
        let mut connection = world.database().await.ok()?;
        sqlx::query_scalar::<_, i32>(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() \
             ORDER BY pid",
        )
        .fetch_all(&mut connection)
        .await
        .ok()
    };
    let pids = timeout(QUESTION_BOUND, asking).await.ok()??;
    let chosen = number.checked_rem(pids.len() as u64)?;
    Some(Pid::from_raw(pids[usize::try_from(chosen).unwrap()]))
}

fn signal_backend(backend: Option<Pid>, signal: Signal) {
    if let Some(pid) = backend {
        // It may have ended with its connection meanwhile.
        let _ = kill(pid, signal);
    }
}

/// Everything that JetStream kept, as with a disk that is lost. The configuration beside it stays.
async fn lose_store(world: &World) {
    let mut stack = world.stack.lock().await;
    stack.kill_nats().await.unwrap();
    std::fs::remove_dir_all(world.endpoints.data_dir.join("nats/jetstream")).unwrap();
    stack.start_nats().await.unwrap();
}

/// May come to nothing when NATS is away because of the other fault of the round.
async fn delete_stream(world: &World) {
    let deleting = async { world.bus().await.delete_stream(world.stream_name()).await };
    let _ = timeout(QUESTION_BOUND, deleting).await;
}

/// Too late, then too early, then right again.
async fn step_clock(world: &World, whose: Clockwork, seconds: u64, lasting: Duration) {
    let clock = world.clock(whose);
    let seconds = i64::try_from(seconds).unwrap();
    for wrong_by in [seconds, -seconds] {
        clock.step(wrong_by);
        sleep(lasting).await;
    }
    clock.step(0);
}
