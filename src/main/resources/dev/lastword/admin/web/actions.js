// What an operator can do, each asked for once more with what will happen.

import { get, part, post } from './api.js';
import { byId, count, el, number, update, words } from './dom.js';

let pending = null;
let openedBy = null;

const text = (...content) => el('p', {}, ...content);

/** Opens a dialog; focus returns to where it was when it closes. */
export function open(dialog, first) {
  openedBy = document.activeElement;
  if (!dialog.open) {
    dialog.showModal();
  }
  first.focus();
}

/**
 * Asks whether something is to be done.
 *
 * describe gives the text; it may have to ask the proxy first
 * perform does it and gives what to say then
 */
async function ask({ title, label, describe, perform }) {
  const mine = { perform };
  pending = mine;
  const go = byId('confirm-go');
  const leave = byId('confirm-leave');
  byId('confirm-title').textContent = title;
  update(byId('confirm-text'), text('...'));
  update(byId('confirm-result'));
  complain(null);
  go.textContent = label;
  go.hidden = false;
  go.disabled = true;
  leave.textContent = 'Cancel';
  open(byId('confirm'), leave);
  try {
    const content = await describe();
    if (pending === mine) {
      update(byId('confirm-text'), content);
      go.disabled = false;
    }
  } catch (problem) {
    if (pending === mine) {
      update(byId('confirm-text'));
      complain(problem.message);
    }
  }
}

function complain(message) {
  byId('confirm-trouble').hidden = message === null;
  byId('confirm-trouble').textContent = message ?? '';
}

/** Does what was asked for. The dialog stays, and says what came of it. */
export async function confirmed(then) {
  const mine = pending;
  const go = byId('confirm-go');
  const leave = byId('confirm-leave');
  go.disabled = true;
  complain(null);
  try {
    const said = await mine.perform();
    if (pending === mine) {
      update(byId('confirm-text'));
      update(byId('confirm-result'), said);
      go.hidden = true;
      leave.textContent = 'Close';
      leave.focus();
    }
    then();
  } catch (problem) {
    if (pending === mine) {
      complain(problem.message);
      go.disabled = false;
      go.focus();
    }
  }
}

/** After a dialog has closed. */
export function closed(dialog) {
  if (dialog.id === 'confirm') {
    pending = null;
  }
  if (openedBy?.isConnected) {
    openedBy.focus();
  }
  openedBy = null;
}

const TOLD = 'told 1053, which means: go elsewhere. Idle ones are told at once, the others when their request and transaction are over.';

const affected = (n) =>
  n === 0 ? 'No session is there now, so nobody is told anything.'
    : `${count(n, 'session')} will be ${TOLD}`;

/** The buttons by the name of their action; what they are about stands in their data. */
export const asking = {
  kill: ({ id }) => ask({
    title: `Kill session ${id}?`,
    label: `Kill session ${id}`,
    describe: async () => {
      const s = await get(`sessions/${part(id)}`);
      return [
        text(s.user ? ['It is of user ', el('bdi', {}, s.user)] : 'It is of no user yet', ' from ', el('bdi', {}, s.client),
          s.server ? `, on ${s.server}` : '', ', and is ', el('strong', {}, words(s.state)),
          s.in_transaction ? ', with a transaction open' : '', '.'),
        text('It ends now, and its client is told 3169: the session was killed.'),
      ];
    },
    perform: async () => {
      await post(`sessions/${part(id)}/kill`);
      return text(`Session ${id} is killed.`);
    },
  }),

  drain: ({ scope, name }) => ask({
    title: scope ? `Drain ${scope} ${name}?` : 'Drain the whole proxy?',
    label: scope ? `Drain ${name}` : 'Drain the proxy',
    describe: async () => {
      const { total: n } = await get('sessions', { [scope]: name, limit: 1 });
      const rest = {
        server: `New sessions go to other servers until ${name} is undrained.`,
        listener: `New clients are not served by ${name} until it is undrained.`,
      }[scope] ?? 'No listener serves new clients until the drain is taken back.';
      return [text(affected(n)), text(rest)];
    },
    perform: async () => {
      await post(`${path(scope, name)}drain`);
      return text(`${scope ? name : 'The proxy'} is draining.`);
    },
  }),

  undrain: ({ scope, name }) => ask({
    title: scope ? `Undrain ${scope} ${name}?` : 'Undrain the proxy?',
    label: scope ? `Undrain ${name}` : 'Undrain the proxy',
    describe: async () => text(`${scope ? name : 'The proxy'} takes new sessions again. Sessions that have not ended yet stay.`),
    perform: async () => {
      await post(`${path(scope, name)}undrain`);
      return text(`${scope ? name : 'The proxy'} takes new sessions again.`);
    },
  }),

  reload: () => ask({
    title: 'Reload the configuration?',
    label: 'Reload',
    describe: async () => [
      text('The configuration file is read again, and what changed in it holds from now on. Sessions that a change does not concern notice nothing.'),
      text('If the file is not valid, nothing changes.'),
    ],
    perform: async () => {
      const { changes } = await post('reload');
      return changes.length === 0
        ? text('The file says what holds already: nothing changed.')
        : [text(`${number(changes.length)} ${changes.length === 1 ? 'change' : 'changes'}:`),
          el('ul', {}, ...changes.map((change) => el('li', {}, change)))];
    },
  }),
};

const path = (scope, name) => (scope ? `${scope}s/${part(name)}/` : '');
