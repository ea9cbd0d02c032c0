//! What goes wrong around the processes: servers that crash, connections that break, clocks that jump, until the world is healed.

use std::{sync::Arc, time::Duration};

use crate::{
    node::{Node, Site},
    world::World,
};

/// Time between two faults of one front, at most.
const QUIET_MAX: Duration = Duration::from_millis(900);
/// How long a fault lasts, mostly, and seldom.
const FAULT_MAX: Duration = Duration::from_millis(700);
const LONG_FAULT_MAX: Duration = Duration::from_secs(15);
/// How far a clock is set forth or back, at most.
const CLOCK_OFF_MS_MAX: u64 = 100_000;

/// Several fronts at once make faults that overlap.
pub(crate) struct Weather {
    pub(crate) site: Site,
    pub(crate) nodes: Arc<Vec<Node>>,
}

impl Weather {
    /// Until its task is aborted.
    pub(crate) async fn blow(self) {
        let world = self.site.world.clone();
        loop {
            world.pause(QUIET_MAX).await;
            self.nodes.iter().for_each(Node::check);
            let kind = world.below(12);
            world.step("weather", kind);
            match kind {
                0 => self.crash_postgres().await,
                1 => self.crash_nats().await,
                2 => self.site.nats.delete_stream(),
                3 | 4 => self.cut_a_connection().await,
                5 | 6 => self.kill_a_node().await,
                7 => self.deafen_a_node().await,
                8 => self.set_the_clock(&world),
                9 => self.site.nats.fall_silent(self.duration()),
                10 => self.site.nats.lose_tail(),
                _ => self.site.nats.sync(),
            }
        }
    }

    /// Nothing goes wrong any more. Whoever is dead stays dead while another lives, and what was not heard is not told again: those who
    /// live must find it by themselves.
    pub(crate) fn clear_up(&self) {
        let Site { world, postgres, nats, nats_returns, .. } = &self.site;
        world.heal();
        postgres.start();
        if *nats_returns {
            nats.start();
        } else {
            nats.crash();
        }
        nats.fall_silent(Duration::ZERO);
        if !self.nodes.iter().any(Node::is_running) {
            self.a_node().restart();
        }
        for node in self.nodes.iter() {
            node.connect(*nats_returns);
            node.hear(true);
        }
    }

    async fn crash_postgres(&self) {
        self.site.postgres.crash();
        self.last().await;
        self.site.postgres.start();
    }

    async fn crash_nats(&self) {
        self.site.nats.crash();
        self.nodes.iter().for_each(|node| node.connect(false));
        self.last().await;
        self.site.nats.start();
        for node in self.nodes.iter() {
            self.site.world.moment().await;
            node.connect(!self.site.nats.is_down());
        }
    }

    async fn cut_a_connection(&self) {
        let node = self.a_node();
        node.connect(false);
        self.last().await;
        node.connect(!self.site.nats.is_down());
    }

    async fn kill_a_node(&self) {
        let node = self.a_node();
        node.kill();
        self.last().await;
        node.restart();
    }

    async fn deafen_a_node(&self) {
        let node = self.a_node();
        node.hear(false);
        self.last().await;
        node.hear(true);
        if self.site.world.one_in(2) {
            node.ask_for_the_head();
        }
    }

    fn set_the_clock(&self, world: &World) {
        let off = world.below(2 * CLOCK_OFF_MS_MAX).cast_signed() - CLOCK_OFF_MS_MAX.cast_signed();
        self.site.postgres.set_clock(off / if world.one_in(2) { 1_000 } else { 1 });
    }

    fn a_node(&self) -> &Node {
        &self.nodes[self.site.world.below(self.nodes.len() as u64) as usize]
    }

    async fn last(&self) {
        tokio::time::sleep(self.duration()).await;
    }

    fn duration(&self) -> Duration {
        let longest = if self.site.world.one_in(8) { LONG_FAULT_MAX } else { FAULT_MAX };
        Duration::from_millis(self.site.world.below(longest.as_millis() as u64))
    }
}
