// Doing something: the rows change at once, the command goes out, and either the log says the same or the rows are as before and a reason stands there.

import type { Act, AnyRow, Patch } from './acts';
import type { Asked } from './deeds';
import { newRequestId, Refused, send, type Answer, type Command, type Problem } from './commands';
import { capital, reasonFor } from './reasons';

/** Whoever shows rows: lets one look changed until the server has spoken; returns how to take that back. */
export interface Shows {
  expect(id: string, patch: Patch): (() => void) | undefined;
}

/** A value that is being edited where it stands. */
export interface Edited {
  id: string;
  field: string;
  /** What was answered, when that was refused, and why. */
  answer?: string;
  wrong?: string;
  /** As it was when it began. */
  row?: AnyRow;
}

export interface Toast {
  id: number;
  tone: 'working' | 'done' | 'hint' | 'refused';
  text: string;
  hint?: string;
  undo?: string[];
}

/** The toast of what was done leaves by itself, and so does a hint; a refusal stays until it was read. */
export const DONE_SHOWN_MS = 8000;
/** Older ones make room. */
const TOASTS_MAX = 4;
const UNANSWERED = 'UNANSWERED';
/** So many of those that were left as they were are named. */
const NAMED_MAX = 5;
/** So many of one's own acts can be taken back, one after the other. */
const UNDO_MAX = 20;
/** After this long it is said that something is still under way. */
const SLOW_MS = 1000;

export class Acting {
  toasts = $state.raw<Toast[]>([]);
  /** Whether the palette is open. */
  palette = $state(false);
  /** The form that is open. */
  asked = $state.raw<Asked>();
  edited = $state.raw<Edited>();
  /** How many commands have no answer yet. */
  busy = $state(0);
  /** What was done last: whoever writes over a text waits until the rows have heard of it. */
  latest: Promise<unknown> = Promise.resolve();
  private last = 0;
  /** To be taken back as soon as it is done. */
  private undoes = false;
  /** What can be taken back, the latest last; its toast may be gone. */
  private done: { text: string; requests: string[] }[] = [];

  constructor(
    private readonly around: { shows: () => Iterable<Shows>; until: (position: number) => Promise<void>; actor: () => string },
    private readonly sending: typeof send = send,
  ) {}

  /**
   * Undefined when it was refused, which has been said then; with `throws`, that is left to whoever asked. It ends when the
   * rows have come; `heard` is called before, when the server has answered.
   */
  run(act: Act, how: { throws?: boolean; heard?: () => void } = {}): Promise<Answer | undefined> {
    const running = this.doIt(act, how);
    this.latest = running.catch(() => {});
    return running;
  }

  private async doIt(act: Act, { throws = false, heard = () => {} }: { throws?: boolean; heard?: () => void }): Promise<Answer | undefined> {
    if (act.commands.length === 0) return undefined;
    const back = new Map([...act.patches].map(([id, patch]) => [id, this.expect(id, patch)]));
    const slow = setTimeout(() => this.say({ tone: 'working', text: 'Waiting for the server…' }), SLOW_MS);
    const requests: string[] = [];
    this.busy += 1;
    let answer: Answer | undefined;
    const [refused, left]: [Problem[], string[]] = [[], []];
    const leave = (ids: string[]) => ids.forEach((id) => (left.push(id), back.get(id)?.()));
    for (const command of act.commands) {
      const request = newRequestId();
      try {
        answer = await this.sending(command, request, this.around.actor());
        requests.push(request);
        if (!answer.conflicts?.length) continue;
        // Each goal changes as a whole or not at all, and these were not all.
        refused.push(...answer.conflicts);
        const changed = answer.changed?.map(({ id }) => id);
        leave(idsOf(command).filter((id) => !changed?.includes(id)));
      } catch (error) {
        if (throws) this.end(slow, back.values());
        if (throws) throw error;
        refused.push(problemOf(error));
        leave(idsOf(command));
      }
    }
    const failed = refused.length > 0;
    this.end(slow);
    const text = typeof act.said === 'string' ? act.said : answer ? act.said(answer) : '';
    // What has no answer may have been done.
    const isKnown = act.patches.size > 1 && refused.every(({ code }) => code !== UNANSWERED);
    if (failed) this.refuse(refused, isKnown ? { left, of: act.patches.size } : undefined);
    else this.say({ tone: 'done', text: capital(text), undo: act.undoable ? requests : undefined });
    if (requests.length > 0 && act.undoable) this.done = [...this.done, { text, requests }].slice(-UNDO_MAX);
    if (this.undoes && this.busy === 0) this.undo();
    if (answer) heard();
    if (answer) await this.around.until(answer.position);
    return failed ? undefined : answer;
  }

  /** Takes back what was done last, or what this toast tells of; `false` when there is nothing. */
  undo(chosen?: string[]): boolean {
    // What was done last has no answer yet: the one before is not meant.
    this.undoes = !chosen && this.busy > 0;
    if (this.undoes) return true;
    const requests = chosen ?? this.done.at(-1)?.requests;
    const one = this.done.find((done) => done.requests === requests);
    if (!one || !requests) return false;
    this.done = this.done.filter((done) => done !== one);
    this.toasts = this.toasts.filter(({ undo }) => undo !== requests);
    const commands = requests.toReversed().map((command) => ({ name: 'undo' as const, args: { command } }));
    void this.run({ commands, patches: new Map(), said: `taken back: ${one.text}`, undoable: false });
    return true;
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** Something that is no answer of the server. */
  tell(text: string, hint?: string): void {
    this.say({ tone: 'refused', text, hint });
  }

  /** What somebody may want to know, and need not answer. */
  hint(text: string): void {
    this.say({ tone: 'hint', text });
  }

  /** What was thrown to whoever asked, when that has no place of its own to say it. */
  refused(error: unknown): void {
    this.refuse([problemOf(error)]);
  }

  /** Of several it is said which are as they were. */
  private refuse(problems: Problem[], several?: { left: string[]; of: number }): void {
    const [first] = problems as [Problem];
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    const { text, hint = '' } = reasonFor(first);
    const changed = first.changed_by ? `${first.changed_by} changed it meanwhile.` : '';
    const which = several && `${several.left.length} of ${several.of} are as they were: ${several.left.slice(0, NAMED_MAX).join(', ')}${several.left.length > NAMED_MAX ? ', …' : ''}.`;
    this.say({ tone: 'refused', text: text + more, hint: [which, changed, hint].filter(Boolean).join(' ') });
  }

  private expect(id: string, patch: Patch): () => void {
    const undone = [...this.around.shows()].map((shown) => shown.expect(id, patch));
    return () => undone.forEach((back) => back?.());
  }

  private end(slow: ReturnType<typeof setTimeout>, back: Iterable<() => void> = []): void {
    clearTimeout(slow);
    this.busy -= 1;
    this.toasts = this.toasts.filter(({ tone }) => tone !== 'working');
    for (const one of back) one();
  }

  private say(toast: Omit<Toast, 'id'>): void {
    const id = ++this.last;
    // The same reason, given again, is said again, but stands there once.
    const others = this.toasts.filter(({ tone, text }) => tone === 'done' || text !== toast.text);
    this.toasts = [...others, { ...toast, id }].slice(-TOASTS_MAX);
    if (toast.tone === 'done' || toast.tone === 'hint') setTimeout(() => this.dismiss(id), DONE_SHOWN_MS);
  }
}

const idsOf = ({ args }: Command) => (args.ids as string[] | undefined) ?? [String(args.id)];
const problemOf = (error: unknown): Problem => (error instanceof Refused ? error.problem : unanswered(error));
const unanswered = (error: unknown): Problem => ({ code: UNANSWERED, message: error instanceof Error ? error.message : String(error), hint: 'It may have been done or not; the rows show it once the connection is back.' });
