// A running Goalstream in a directory of its own, which can be stopped, killed and started again at the same address.

import { spawn } from 'node:child_process';
import { chmod, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';

const START_MS_MAX = 180_000;
const STOP_MS_MAX = 60_000;
const LOOK_EVERY_MS = 100;
/** Below the ports that systems give to outgoing connections: nobody can be given ours while the server is down. */
const PORTS = { from: 20_000, count: 10_000 };
const PORT_ATTEMPTS_MAX = 50;

export class Instance {
  /** Makes the directory and starts it there. */
  static async start(...options) {
    const instance = new Instance();
    instance.directory = await mkdtemp(join(tmpdir(), 'goalstream-browser-'));
    // Under root, Postgres runs as another user, who must get as far as the data directory.
    await chmod(instance.directory, 0o755);
    instance.dataDir = join(instance.directory, 'data');
    instance.url = `http://127.0.0.1:${await freePort()}`;
    await instance.up(...options).catch(async (error) => {
      await instance.remove();
      throw error;
    });
    return instance;
  }

  /** Starts it and waits until it says that it runs. */
  async up(...options) {
    const program = process.env.GOALSTREAM_BIN;
    if (!program) throw new Error('set GOALSTREAM_BIN to the goalstream executable');
    const log = await open(join(this.directory, 'up.log'), 'a');
    const listen = new URL(this.url).host;
    this.process = spawn(program, ['up', '--data-dir', this.dataDir, '--listen', listen, ...options], { stdio: ['ignore', log.fd, log.fd] });
    this.ended = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => resolve(signal ?? code));
      this.process.once('error', (error) => resolve(error.message));
    });
    await log.close();
    await this.untilReady();
  }

  async untilReady() {
    const late = Date.now() + START_MS_MAX;
    let end;
    void this.ended.then((how) => (end = how));
    while (Date.now() < late) {
      if (end !== undefined) throw new Error(`goalstream up ended with ${end}:\n${await this.output()}`);
      // The run file of one that was killed is still there, so it must be of this process.
      const run = await readFile(join(this.dataDir, 'run.json'), 'utf8').then(JSON.parse, () => undefined);
      if (run?.pid === this.process.pid && (await isReady(this.url))) return;
      await after(LOOK_EVERY_MS);
    }
    throw new Error(`goalstream up was not ready within ${START_MS_MAX} ms:\n${await this.output()}`);
  }

  /** Sends a signal and returns the exit code, or the signal that ended it. */
  async stop(signal = 'SIGTERM') {
    this.process.kill(signal);
    const bound = new AbortController();
    const late = after(STOP_MS_MAX, 'still running', bound).catch(() => {});
    const how = await Promise.race([this.ended, late]);
    bound.abort();
    return how;
  }

  /** Sends a signal to its NATS: one that is stopped answers nobody, and goes on where it was. */
  async signalNats(signal) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes(join(this.dataDir, 'nats'))) return process.kill(Number(pid), signal);
    }
    throw new Error('its NATS does not run');
  }

  /** The end of what it printed. */
  async output() {
    return (await readFile(join(this.directory, 'up.log'), 'utf8')).slice(-4000);
  }

  /** Ends what still runs, with its Postgres and NATS, and removes the data. */
  async remove() {
    if (this.process && (await this.stop()) === 'still running') this.process.kill('SIGKILL');
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const isReady = (url) => fetch(`${url}/readyz`).then(({ ok }) => ok, () => false);

export async function freePort() {
  for (let attempt = 0; attempt < PORT_ATTEMPTS_MAX; attempt += 1) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    const server = createServer();
    const free = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
    if (free) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
  throw new Error('no free port');
}
