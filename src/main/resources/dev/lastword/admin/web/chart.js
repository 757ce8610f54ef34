// Losses per minute, stacked by cause.

import { byId, cell, clock, el, number, svg, table, update, words } from './dom.js';

// The order of the stack, so that a cause keeps its colour and pattern from minute to minute.
export const CAUSES = [
  'server-gone', 'server-shut-down', 'server-restarted', 'server-unreachable', 'server-lost-role',
  'connection-reset', 'killed-on-server', 'killed-by-operator', 'no-server', 'server-said',
  'idle-too-long', 'half-request', 'handshake-timeout', 'client-lost', 'client-refused',
  'drained', 'proxy-shut-down', 'too-many-sessions', 'message-too-long', 'client-tls-failed',
  'server-tls-failed', 'server-misbehaved', 'bug', 'client-left',
];
const COLOURS = 8;
const MARGIN = { left: 44, right: 8, top: 8, bottom: 22 };

let shown = null;
let minute = -1;

const place = (cause) => {
  const at = CAUSES.indexOf(cause);
  return at < 0 ? CAUSES.length - 1 : at;
};

/** How a cause looks: one of eight colours, first plain, then hatched, then dotted. */
function look(cause) {
  const colour = place(cause) % COLOURS;
  const fill = ['currentColor', `url(#hatched${colour})`, `url(#dotted${colour})`];
  return { class: `cause c${colour}`, fill: fill[Math.floor(place(cause) / COLOURS)] };
}

/** Draws what the API says of the last hour. */
export function draw(histogram) {
  const causes = Object.entries(histogram.causes)
    .filter(([, counts]) => counts.some((n) => n > 0))
    .sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
  const from = Date.parse(histogram.from);
  const step = histogram.step_seconds * 1000;
  const length = Math.max(0, ...Object.values(histogram.causes).map((counts) => counts.length)) || 60;
  const totals = Array.from({ length }, (_, i) =>
    causes.reduce((sum, [, counts]) => sum + (counts[i] ?? 0), 0));
  shown = { causes, from, step, length, totals };
  render();
}

const causesIn = (i) =>
  shown.causes.filter(([, counts]) => counts[i] > 0)
    .map(([cause, counts]) => `${number(counts[i])} ${words(cause)}`).join(', ');

const sum = (counts) => counts.reduce((a, b) => a + b, 0);

const losses = (n) => (n === 1 ? '1 loss' : `${number(n)} losses`);

const sentence = (i) =>
  `${clock(shown.from + i * shown.step)}: ${losses(shown.totals[i])}${shown.totals[i] ? `: ${causesIn(i)}` : ''}`;

function render() {
  const box = byId('chart');
  const width = Math.max(240, box.clientWidth);
  const height = width < 500 ? 150 : 200;
  const { causes, from, step, length, totals } = shown;
  const top = ceiling(Math.max(...totals, 1));
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const slot = inner.width / length;
  const y = (n) => MARGIN.top + inner.height * (1 - n / top);
  const all = sum(totals);

  const grid = ticks(top).map((n) => svg('g', {},
    svg('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(n), y2: y(n) }),
    svg('text', { x: MARGIN.left - 6, y: y(n) + 4, 'text-anchor': 'end' }, number(n))));

  const every = width < 500 ? 20 : 10;
  const labels = [];
  for (let i = 0; i < length; i += every) {
    labels.push(svg('text', { x: MARGIN.left + i * slot, y: height - 5 }, clock(from + i * step)));
  }

  const bars = totals.map((total, i) => {
    let base = 0;
    const parts = causes.filter(([, counts]) => counts[i] > 0).map(([cause, counts]) => {
      const bottom = y(base);
      base += counts[i];
      return svg('rect', {
        ...look(cause), x: (MARGIN.left + i * slot + slot * 0.1).toFixed(2),
        width: (slot * 0.8).toFixed(2), y: y(base).toFixed(2), height: (bottom - y(base)).toFixed(2),
      });
    });
    return svg('g', { class: i === minute ? 'minute chosen' : 'minute', 'data-minute': i },
      svg('title', {}, sentence(i)),
      svg('rect', {
        class: 'hit', x: MARGIN.left + i * slot, y: MARGIN.top, width: slot, height: inner.height,
      }),
      ...parts);
  });

  const said = all === 0 ? 'No session was lost in the last hour.' : `${losses(all)} in the last hour.`;
  const listed = causes.map(([cause, counts]) => `${words(cause)} ${number(sum(counts))}`);
  update(box, svg('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', tabindex: 0,
    'aria-labelledby': 'chart-title chart-desc',
  },
  svg('title', { id: 'chart-title' }, 'Losses per minute in the last hour, by cause'),
  svg('desc', { id: 'chart-desc' }, `${said} ${listed.join(', ')}. The arrow keys go through the minutes.`),
  patterns(), ...grid, ...bars, ...labels));

  update(byId('legend'), ...causes.map(([cause], i) => el('li', { 'data-key': cause }, swatch(look(cause)), listed[i])));
  update(byId('minute'), minute >= 0 && minute < length ? sentence(minute) : said);
  if (byId('chart-details').open) {
    tabulate();
  }
}

/** One pattern for each look that is more than a colour. */
function patterns() {
  return svg('defs', {}, ...Array.from({ length: COLOURS }, (_, i) => {
    const size = { class: `c${i}`, width: 5, height: 5, patternUnits: 'userSpaceOnUse' };
    const ink = { fill: 'currentColor' };
    return [
      svg('pattern', { id: `hatched${i}`, ...size, patternTransform: 'rotate(45)' },
        svg('rect', { ...ink, width: 3, height: 5 })),
      svg('pattern', { id: `dotted${i}`, ...size }, svg('circle', { ...ink, cx: 2.5, cy: 2.5, r: 1.8 })),
    ];
  }).flat());
}

function tabulate() {
  const { causes, from, step, totals } = shown;
  const rows = totals.map((total, i) => [total, i]).filter(([total]) => total > 0).reverse();
  update(byId('chart-table'), table('Losses per minute',
    ['Minute', ...causes.map(([cause]) => words(cause)), 'all'].map((label) => cell(label, 'th')),
    rows.map(([total, i]) => el('tr', { 'data-key': from + i * step }, cell(clock(from + i * step)),
      ...causes.map(([, counts]) => cell(counts[i] ?? 0)), cell(total)))));
}

/** The next of 1, 2, 4, 8, 10, 20, ... */
function ceiling(n) {
  for (let unit = 1; ; unit *= 10) {
    const fits = [1, 2, 4, 8].find((factor) => unit * factor >= n);
    if (fits) {
      return unit * fits;
    }
  }
}

const ticks = (top) => [0, 1, 2, 3, 4].map((n) => (n * top) / 4).filter(Number.isInteger);

const coloured = (colour) => ({ class: `c${colour % COLOURS}`, fill: 'currentColor' });

const swatch = (looks) => svg('svg', { class: 'swatch', 'aria-hidden': 'true', viewBox: '0 0 14 14' },
  svg('rect', { ...looks, width: 14, height: 14 }));

/** A bar of parts, [number of the colour, how many, what to write below], and what is below. */
export function bar(parts) {
  const total = sum(parts.map(([, n]) => n));
  let at = 0;
  return [
    svg('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      ...parts.map(([colour, n]) => {
        const x = at;
        at += (n * 100) / total;
        return svg('rect', { ...coloured(colour), x, width: Math.max(at - x - 0.3, 0.3), height: 10 });
      })),
    el('ul', { class: 'legend' }, ...parts.map(([colour, , what]) => el('li', {}, swatch(coloured(colour)), what))),
  ];
}

function choose(i) {
  minute = i;
  render();
}

/** Lets people walk through the minutes. */
export function start() {
  const box = byId('chart');
  box.addEventListener('pointermove', (event) => {
    const at = event.target.closest('[data-minute]');
    if (at !== null && Number(at.dataset.minute) !== minute) {
      choose(Number(at.dataset.minute));
    }
  });
  box.addEventListener('pointerleave', () => shown && choose(-1));
  box.addEventListener('focusout', () => shown && choose(-1));
  box.addEventListener('keydown', (event) => {
    if (shown === null) {
      return;
    }
    const last = shown.length - 1;
    const from = minute < 0 ? last + 1 : minute;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      choose(Math.min(last, Math.max(0, to)));
    }
  });
  byId('chart-details').addEventListener('toggle', () => shown && render());
  new ResizeObserver(() => shown && render()).observe(box);
}
