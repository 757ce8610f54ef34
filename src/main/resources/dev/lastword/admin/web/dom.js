// Nodes from data, and the way they get into the page. Text of others only ever becomes text nodes
// and attribute values, never markup.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** Makes an element. An attribute that is null or false is left out; children are nodes or text. */
export const el = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

/** Makes an element of an SVG image. */
export const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? '' : value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** A symbol of the page. It says nothing to those who do not see it, so words stand beside it. */
export const icon = (name) =>
  svg('svg', { class: `icon ${name}`, 'aria-hidden': 'true' }, svg('use', { href: `#${name}` }));

/**
 * Makes these the children of a node. What is there already is changed in place, so that focus,
 * selection and a click that has only half happened survive; a data-key tells which child is which.
 */
export function update(parent, ...children) {
  const fresh = children.flat().filter((child) => child !== null && child !== undefined)
    .map((child) => (child instanceof Node ? child : document.createTextNode(child)));
  const wanted = new Set(fresh.map(keyOf).filter((key) => key !== undefined));
  const known = new Map();
  for (const old of [...parent.childNodes]) {
    const key = keyOf(old);
    if (key !== undefined && wanted.has(key)) {
      known.set(key, old);
    } else if (key !== undefined) {
      old.remove();
    }
  }
  let at = parent.firstChild;
  for (const node of fresh) {
    const key = keyOf(node);
    const old = key === undefined ? (at !== null && isLike(at, node) ? at : null) : known.get(key);
    if (old) {
      if (old !== at) {
        parent.insertBefore(old, at);
      }
      at = become(old, node).nextSibling;
    } else {
      parent.insertBefore(node, at);
    }
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const keyOf = (node) => node.dataset?.key;

const isLike = (old, node) =>
  old.nodeType === node.nodeType && old.nodeName === node.nodeName && keyOf(old) === undefined;

function become(old, node) {
  if (old.nodeName !== node.nodeName) {
    old.replaceWith(node);
    return node;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== node.data) {
      old.data = node.data;
    }
    return old;
  }
  for (const { name } of [...old.attributes]) {
    // Whether people have opened something is theirs to say.
    if (!node.hasAttribute(name) && name !== 'open') {
      old.removeAttribute(name);
    }
  }
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
    }
  }
  update(old, ...node.childNodes);
  return old;
}

/** A table that can be scrolled, with the keyboard too. */
export const table = (label, head, rows, style) => (rows.length === 0
  ? el('p', { class: 'muted' }, 'None.')
  : el('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': label },
    el('table', { class: style }, el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows))));

/** A cell; numbers stand right. */
export const cell = (value, tag = 'td') =>
  el(tag, { scope: tag === 'th' ? 'col' : null, class: typeof value === 'number' ? 'number' : null },
    typeof value === 'number' ? number(value) : value);

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const NUMBER = new Intl.NumberFormat('en');

/** A time in the local zone, with the day unless it is today. */
export function time(iso, millis) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) {
    return el('span', {}, String(iso ?? ''));
  }
  const today = at.toDateString() === new Date().toDateString();
  const fraction = millis ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : '';
  const utc = `${at.toISOString().replace('T', ' ').replace('Z', '')} UTC`;
  return el('time', { datetime: at.toISOString(), title: utc },
    `${today ? '' : `${DAY.format(at)} `}${CLOCK.format(at)}${fraction}`);
}

/** Hours and minutes of a time in the local zone. */
export const clock = (millis) => CLOCK.format(new Date(millis)).slice(0, 5);

export const number = (value) => (value === null || value === undefined ? '' : NUMBER.format(value));

/** "1 session", "12 sessions". */
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;

/** How long, as people say it, with its two largest units. */
export function duration(seconds) {
  const s = Math.floor(seconds);
  if (s < 60) {
    return seconds < 10 ? `${Number(seconds).toFixed(1)} s` : `${s} s`;
  }
  if (s < 3600) {
    return `${Math.floor(s / 60)} min ${s % 60} s`;
  }
  return s < 86400
    ? `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
    : `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export function bytes(value) {
  const unit = Math.min(4, Math.floor(Math.log10(Math.max(1, value * 1.0005)) / 3));
  const left = value / 1000 ** unit;
  return `${left.toFixed(unit === 0 || left >= 100 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}

export const micros = (value) =>
  value < 1000 ? `${number(value)} µs`
    : value < 1e6 ? `${(value / 1000).toFixed(value < 1e4 ? 1 : 0)} ms` : `${(value / 1e6).toFixed(1)} s`;

/** "server-gone" as people read it. */
export const words = (name) => String(name ?? '').replaceAll('-', ' ').replaceAll('_', ' ');
