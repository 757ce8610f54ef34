// The HTTP API as this page uses it.

const ROOT = 'api/v1/';
const PATIENCE_MILLIS = 15_000;

/** Something did not work, in words. */
export class Problem extends Error {
  /** @param status HTTP's number, or 0 if there was no answer */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function request(path, options) {
  let answer;
  try {
    answer = await fetch(ROOT + path, {
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MILLIS),
      ...options,
    });
  } catch {
    throw new Problem('The proxy does not answer.', 0);
  }
  const text = await answer.text().catch(() => '');
  let body = null;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    // What is no JSON is of something in between; its status says enough.
  }
  if (!answer.ok) {
    const said = body?.detail || body?.title || `The proxy answered ${answer.status} ${answer.statusText}`;
    throw new Problem(said, answer.status);
  }
  return body;
}

/** Asks for something, with query parameters; those that are empty are left out. */
export function get(path, query = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== '' && value !== null && value !== undefined) {
      parameters.set(name, value);
    }
  }
  const text = parameters.toString();
  return request(text === '' ? path : `${path}?${text}`);
}

/** Has something done. */
export const post = (path) =>
  request(path, { method: 'POST', headers: { 'X-Lastword': 'page' } });

/** A name as a part of a path. */
export const part = encodeURIComponent;

const KINDS = [
  'loss', 'server-lost', 'server-recovered', 'server-restarted', 'server-shutting-down',
  'group-changed', 'role-lost', 'role-regained', 'drain-began', 'drain-ended', 'reloaded',
  'reload-refused',
];
const RETRY_MILLIS = 2_000;

/** The events as they happen. It goes on trying until it is closed. */
export class Live {
  #source = null;
  #retry = 0;
  #onEvent;
  #onState;

  /**
   * @param onEvent called with each event
   * @param onState called with whether it is connected, when that changes
   */
  constructor(onEvent, onState) {
    this.#onEvent = onEvent;
    this.#onState = onState;
  }

  open() {
    this.close();
    const source = new EventSource(`${ROOT}events/stream`);
    this.#source = source;
    source.onopen = () => this.#onState(true);
    source.onerror = () => {
      this.#onState(false);
      // The browser tries again by itself, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) {
        this.#retry = setTimeout(() => this.open(), RETRY_MILLIS);
      }
    };
    const hear = (message) => this.#onEvent(JSON.parse(message.data));
    KINDS.forEach((kind) => source.addEventListener(kind, hear));
  }

  close() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
}
