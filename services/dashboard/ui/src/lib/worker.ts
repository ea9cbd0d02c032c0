// The worker that all tabs of a browser share: it holds the one connection, and a port to each tab.

import { Hub, type Asked, type Told } from './hub';

const hub = new Hub((url) => new EventSource(url));
const scope = self as unknown as { onconnect: (event: MessageEvent) => void };

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const opened = new Map<number, () => void>();
  const tell = (told: Told) => port.postMessage(told);
  const leave = (open: number) => {
    opened.get(open)?.();
    opened.delete(open);
  };
  port.onmessage = ({ data }: MessageEvent<Asked>) => {
    if ('close' in data) return leave(data.close);
    const { open, after } = data;
    leave(open);
    // In the place of the listener it is known before the first word comes.
    opened.set(open, () => {});
    opened.set(open, hub.join(after, (type, data, readyState) => tell({ open, type, data, readyState })));
  };
  // A tab that crashed says no good-bye.
  port.addEventListener('close', () => [...opened.keys()].forEach(leave));
  tell({ ready: true });
};
