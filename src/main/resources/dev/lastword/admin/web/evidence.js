// All that is known of one loss.

import { get, part } from './api.js';
import { open } from './actions.js';
import { byId, el, micros, time, update, words } from './dom.js';

let wanted = null;

export async function show({ id }) {
  wanted = id;
  byId('evidence-title').textContent = `How session ${id} was lost`;
  const body = byId('evidence-body');
  update(body, el('p', {}, '...'));
  open(byId('evidence'), byId('evidence-title'));
  try {
    const explanation = await get(`losses/${part(id)}/explanation`);
    if (wanted === id) {
      update(body, draw(explanation));
    }
  } catch (problem) {
    if (wanted === id) {
      update(body, el('p', { class: 'trouble', role: 'alert' }, problem.message));
    }
  }
}

function draw({ sentence, timeline = [], evidence = {}, verdict = {}, farewell = {} }) {
  const { micros: after, ...said } = farewell;
  return [
    el('p', { class: 'sentence' }, sentence),
    section('Timeline', el('ol', { class: 'timeline' }, ...timeline.map(({ at, text }) =>
      el('li', {}, time(at, true), el('span', {}, text))))),
    section('Verdict', facts(verdict)),
    section('Farewell', facts({ ...said, ...(after === null || after === undefined ? {} : { after: micros(after) }) })),
    section('Evidence', facts(evidence)),
  ];
}

const section = (title, content) => el('section', {}, el('h3', {}, title), content);

const facts = (values) => el('dl', { class: 'facts-list' }, ...Object.entries(values)
  .filter(([, value]) => value !== null && value !== undefined && value !== '')
  .map(([name, value]) => el('div', {}, el('dt', {}, words(name)), el('dd', {}, plain(value)))));

const plain = (value) =>
  value === true ? 'yes' : value === false ? 'no'
    : typeof value === 'object' ? JSON.stringify(value) : String(value);
