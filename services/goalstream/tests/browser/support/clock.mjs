// The clock that an instance goes by: it is set, through libfaketime, so that an afternoon is over in a moment. What only measures how
// long something takes is not told.

import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = 'faketime/libfaketimeMT.so.1';

export class Clock {
  /** A clock that is so late. Servers that are started with its `environment` go by it. */
  static async late(minutes) {
    const clock = new Clock();
    clock.directory = await mkdtemp(join(tmpdir(), 'goalstream-clock-'));
    // Under root, Postgres runs as another user.
    await chmod(clock.directory, 0o755);
    clock.file = join(clock.directory, 'clock');
    clock.environment = { LD_PRELOAD: library(), FAKETIME_TIMESTAMP_FILE: clock.file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    await clock.set(minutes);
    return clock;
  }

  async set(minutes) {
    // Whole or not at all: it is read all the time.
    await writeFile(`${this.file}.draft`, `-${Math.round(minutes * 60)}s\n`);
    await rename(`${this.file}.draft`, this.file);
  }

  async remove() {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Where distributions keep it. Debian has one folder more, named after the machine. */
function library() {
  const folders = ['/usr/lib', ...readdirSync('/usr/lib').map((name) => join('/usr/lib', name)), '/usr/lib64', '/usr/local/lib'];
  const found = folders.map((folder) => join(folder, NAME)).find(existsSync);
  if (!found) throw new Error('libfaketime is not installed (on Debian: apt-get install libfaketime)');
  return found;
}
