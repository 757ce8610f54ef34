// Tables of the API with filter, order and pages. What is chosen stands in the address, so that it
// survives a reload and can be sent to somebody.

import { get } from './api.js';
import { byId, el, number, table, update } from './dom.js';

const PAGE = 50;

/**
 * The table of that name in the view of that name.
 *
 * columns: [name, label, cell, kind], cell from row to node or text, null for the value itself
 * filters: [name, label, options], without options what people type
 */
export class Sheet {
  #name;
  #columns;
  #order;
  #page;
  #query = new URLSearchParams();
  #body = el('div');
  #fields = new Map();
  #asked = 0;

  constructor(name, { columns, filters = [], order = '', page = PAGE }) {
    this.#name = name;
    this.#columns = columns;
    this.#order = order;
    this.#page = page;
    const section = byId(name).querySelector('section');
    if (filters.length > 0) {
      section.append(this.#form(filters));
    }
    section.append(this.#body);
  }

  #form(filters) {
    const form = el('form', { class: 'filters', role: 'search', 'aria-label': `Filter ${this.#name}` });
    for (const [name, label, options] of filters) {
      const id = `${this.#name}-${name}`;
      const field = options === undefined
        ? el('input', { id, autocomplete: 'off', spellcheck: 'false', placeholder: 'exactly' })
        : el('select', { id });
      this.#fields.set(name, field);
      if (options !== undefined) {
        this.offer(name, options);
      }
      form.append(el('span', { class: 'field' }, el('label', { for: id }, label), field));
    }
    form.append(el('button', { type: 'button', 'data-act': 'unfilter' }, 'Show all'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#filter();
    });
    form.addEventListener('change', () => this.#filter());
    return form;
  }

  /** What can be chosen in a filter. */
  offer(name, values) {
    const field = this.#fields.get(name);
    const chosen = this.#query.get(name) ?? '';
    update(field, ...[...new Set(['', ...values, chosen])].map((value) =>
      el('option', { value, 'data-key': value }, value === '' ? 'any' : value)));
    field.value = chosen;
  }

  #filter() {
    const query = new URLSearchParams();
    for (const [name, field] of this.#fields) {
      if (field.value !== '') {
        query.set(name, field.value);
      }
    }
    if (this.#query.has('order')) {
      query.set('order', this.#query.get('order'));
    }
    location.hash = address(this.#name, query);
  }

  /** Takes what the address says. */
  route(query) {
    this.#query = query;
    for (const [name, field] of this.#fields) {
      const value = query.get(name) ?? '';
      if (field.options && ![...field.options].some((option) => option.value === value)) {
        field.append(el('option', { value, 'data-key': value }, value));
      }
      field.value = value;
    }
  }

  /** Asks and shows; a problem is shown here too, and is thrown for those who count them. */
  async refresh() {
    const query = this.#query;
    const asked = ++this.#asked;
    const order = query.get('order') ?? this.#order;
    const offset = (Math.max(1, Number(query.get('page')) || 1) - 1) * this.#page;
    const wanted = Object.fromEntries([...this.#fields.keys()].map((name) => [name, query.get(name)]));
    let answer;
    try {
      answer = await get(this.#name, { ...wanted, order, limit: this.#page, offset });
    } catch (problem) {
      if (asked === this.#asked && problem.status !== 0) {
        update(this.#body, el('p', { class: 'trouble', role: 'alert' }, problem.message));
      }
      throw problem;
    }
    // Somebody has chosen something else meanwhile.
    if (asked !== this.#asked || query !== this.#query) {
      return;
    }
    if (answer.rows.length === 0 && answer.total > 0) {
      this.#turn(Math.ceil(answer.total / this.#page));
      return;
    }
    update(this.#body, this.#draw(answer, order));
  }

  #draw({ total, offset, rows }, order) {
    const by = order.replace(/^-/, '');
    const falling = order.startsWith('-');
    const head = this.#columns.map(([name, label, , kind]) => {
      const ordered = name !== '' && name === by;
      return el('th', {
        scope: 'col', class: kind, 'aria-sort': ordered ? (falling ? 'descending' : 'ascending') : null,
      }, kind === 'plain' ? label : el('button', { 'data-act': 'order', 'data-name': name }, label,
        el('span', { 'aria-hidden': 'true' }, ordered ? (falling ? ' ▾' : ' ▴') : '')));
    });
    const key = Object.keys(rows[0] ?? {})[0];
    const body = rows.map((row) => el('tr', { 'data-key': row[key] }, ...this.#columns.map(([name, label, cell, kind]) =>
      el('td', { 'data-label': label, class: kind }, cell ? cell(row) : String(row[name] ?? '')))));
    const page = Math.floor(offset / this.#page) + 1;
    const pages = Math.ceil(total / this.#page);
    const turn = (label, to) => (pages > 1 ? el('button', {
      'data-act': 'page', 'data-page': to, disabled: to < 1 || to > pages,
    }, label) : null);
    return [
      table(`Table of ${this.#name}`, head, body, 'sheet'),
      el('p', { class: 'pages' },
        total === 0 ? null : el('span', { class: 'muted' },
          `${number(offset + 1)} to ${number(offset + rows.length)} of ${number(total)}`),
        turn('Previous', page - 1), turn('Next', page + 1)),
    ];
  }

  #turn(page) {
    const query = new URLSearchParams(this.#query);
    query.set('page', page);
    location.hash = address(this.#name, query);
  }

  /** What the buttons of a table do. */
  act = {
    order: ({ name }) => {
      const query = new URLSearchParams(this.#query);
      query.set('order', (query.get('order') ?? this.#order) === name ? `-${name}` : name);
      query.delete('page');
      location.hash = address(this.#name, query);
    },
    page: ({ page }) => this.#turn(page),
    unfilter: () => {
      location.hash = address(this.#name, new URLSearchParams());
    },
  };
}

/** The address of a view with something chosen. */
export function address(view, query) {
  const text = new URLSearchParams(query).toString();
  return text === '' ? `#/${view}` : `#/${view}?${text}`;
}
