// Every write: one POST with a request id of its own, which is repeated with that id until an answer comes, so it is done once however the network is.

/** How often a command is sent at most, and the waits between: they double from the first to the last of these. */
export const ATTEMPTS_MAX = 5;
export const WAIT_FIRST_MS = 400;
export const WAIT_MAX_MS = 8000;

/** A command that is not answered by then is sent again. */
const ANSWER_MS_MAX = 15_000;
const TRY_LATER = [429, 502, 503, 504];

export interface Command {
  name: 'create_goal' | 'add_tasks' | 'update' | 'claim' | 'complete' | 'comment' | 'undo';
  args: Record<string, unknown>;
}

export interface Answer {
  position: number;
  goal?: string;
  ids?: Record<string, string>;
  conflicts?: Problem[];
  changed?: { id: string; version: number }[];
  [more: string]: unknown;
}

/** What the server says when it refuses. */
export interface Problem {
  code: string;
  message: string;
  hint?: string;
  field?: string;
  goal?: string;
  changed_by?: string;
  current_version?: number;
  did_you_mean?: string[];
  /** Who holds which task until when, and whether that is who asks. */
  task?: string;
  holder?: string;
  until?: string;
  yours?: boolean;
  /** The criteria that do not hold. */
  open?: { number: number; text: string }[];
  /** What is in the way of an undo: of which event, and whether it can be disregarded. */
  conflicts?: Problem[];
  event?: number;
  overridable?: boolean;
}

/** The command was heard and refused; nothing was changed. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/** No answer came; the command may have been done or not. */
export class Unanswered extends Error {}

export interface Surroundings {
  fetch: typeof fetch;
  wait(delay_ms: number): Promise<void>;
}

const browser: Surroundings = {
  fetch: (...request) => fetch(...request),
  wait: (delay_ms) => new Promise((resolve) => setTimeout(resolve, delay_ms)),
};

export async function send({ name, args }: Command, requestId: string, actor: string, around = browser): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(name, args, requestId, actor, around);
    if (answer?.ok) return (await answer.json()) as Answer;
    const waits = !answer || TRY_LATER.includes(answer.status);
    if (answer && (!waits || attempt === ATTEMPTS_MAX)) throw new Refused(await problemOf(answer));
    if (attempt === ATTEMPTS_MAX) throw new Unanswered('there is no answer from the server');
    await around.wait(Math.min(retryAfter_ms(answer) ?? WAIT_FIRST_MS * 2 ** (attempt - 1), WAIT_MAX_MS));
  }
}

/** A page that came unencrypted from another machine has no `randomUUID`. */
export function newRequestId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}

async function once(name: string, args: unknown, requestId: string, actor: string, around: Surroundings): Promise<Response | undefined> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': requestId, 'x-goalstream-actor': encodeActor(actor) };
  const request = { method: 'POST', headers, body: JSON.stringify(args), signal: AbortSignal.timeout(ANSWER_MS_MAX) };
  return around.fetch(`/api/v1/commands/${name}`, request).catch(() => undefined);
}

/** Headers carry Latin letters only, so a name goes percent-encoded; half a letter, which has no code, is none. */
const encodeActor = (actor: string) => encodeURIComponent(actor.replace(/\p{Cs}/gu, ''));

async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  return { ...said, code: said.code ?? 'UNKNOWN', message: said.message ?? `the server answered ${answer.status}` };
}

function retryAfter_ms(answer: Response | undefined): number | undefined {
  const seconds = Number(answer?.headers.get('retry-after') ?? undefined);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
