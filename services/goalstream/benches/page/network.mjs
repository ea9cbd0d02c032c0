// A slow network in front of a server: every connection goes through it, also those of workers, which the browser's own emulation leaves out.
//
// Its time to connect is not slow, so that what is found compares with that emulation; nor are there names to look up, TLS or lost packets.

import { connect, createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';

const PACKET_BYTES = 1400;

/** Resolves with where it listens, and how to end it. */
export async function slowNetwork(url, { bits_a_second, roundTrip_ms }) {
  const { hostname, port } = new URL(url);
  const [up, down] = [0, 0].map(() => new Direction(bits_a_second / 8000, roundTrip_ms / 2));
  const server = createServer((client) => {
    const origin = connect(Number(port), hostname);
    up.join(client, origin);
    down.join(origin, client);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** All connections share it: each sends a packet in turn. */
class Direction {
  /** The connections that have something to send. */
  waiting = [];
  isBusy = false;

  constructor(bytes_a_ms, delay_ms) {
    Object.assign(this, { bytes_a_ms, delay_ms });
  }

  join(from, to) {
    const packets = [];
    const send = (packet) => {
      if (packets.push(packet) === 1) this.waiting.push({ packets, to });
      if (!this.isBusy) void this.carry();
    };
    from.on('data', (data) => {
      for (let at = 0; at < data.length; at += PACKET_BYTES) send(data.subarray(at, at + PACKET_BYTES));
    });
    from.on('end', () => send(END));
    from.on('error', () => to.destroy());
    from.on('close', () => from.errored && to.destroy());
  }

  async carry() {
    this.isBusy = true;
    let free_ms = performance.now();
    for (let turn = this.waiting.shift(); turn; turn = this.waiting.shift()) {
      const { packets, to } = turn;
      const packet = packets.shift();
      if (packets.length > 0) this.waiting.push(turn);
      free_ms += packet.length / this.bytes_a_ms;
      await after(Math.max(0, free_ms - performance.now()));
      // All wait equally long, so none overtakes another.
      setTimeout(() => (packet === END ? to.end() : to.write(packet)), this.delay_ms);
    }
    this.isBusy = false;
  }
}

const END = Buffer.alloc(0);
