// What stands beside the picture: cards, what was clicked, the table of machines.
const make = (tag, text, parent, style) => {
  const one = document.createElement(tag);
  if (text !== undefined && text !== null) one.textContent = text;
  if (style) one.className = style;
  if (parent) parent.append(one);
  return one;
};
const number = (value, digits) => Number.isFinite(value) ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '–';
const word = state => state.replaceAll('_', ' ');

class Cards {
  constructor(parent, runs) {
    this.runs = runs;
    this.cards = runs[0].gaugeNames.map(([title, unit]) => {
      const card = make('div', null, parent, 'card figure');
      make('span', title, card);
      const value = make('b', '', card);
      make('i', unit, card);
      return value;
    });
  }

  show(t, both) {
    this.cards.forEach((value, k) => {
      const texts = this.runs.slice(0, both ? 2 : 1).map(run => {
        const own = run.gaugeNames.findIndex(([title]) => title === this.runs[0].gaugeNames[k][0]);
        return own < 0 ? '–' : number(run.gauge(own, Math.min(t, run.until)), run.gaugeNames[own][2]);
      });
      const text = texts.join(' | ');
      if (value.textContent !== text) value.textContent = text;
    });
  }
}

// A curve of samples over the run, with a mark at now.
function spark(canvas, values, low, high, share, colour, ink) {
  const k = Math.min(devicePixelRatio || 1, 2), w = canvas.clientWidth || 260, h = canvas.clientHeight || 44;
  canvas.width = w * k;
  canvas.height = h * k;
  const g = canvas.getContext('2d');
  g.scale(k, k);
  g.strokeStyle = colour;
  g.lineWidth = 1.4;
  g.beginPath();
  let on = false;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) { on = false; continue; }
    const x = w * i / (values.length - 1), y = h - 3 - (h - 6) * Math.min(Math.max((values[i] - low) / (high - low || 1), 0), 1);
    if (on) g.lineTo(x, y); else g.moveTo(x, y);
    on = true;
  }
  g.stroke();
  g.fillStyle = ink;
  g.fillRect(w * share - 0.5, 0, 1, h);
}

class Panel {
  constructor(parent, states, close) {
    Object.assign(this, { parent, states, close });
    this.what = null;
  }

  open(what, t, style) { this.what = what; this.parent.hidden = false; this.build(t, style); }
  shut() { this.what = null; this.parent.hidden = true; }

  build(t, style) {
    const { run, machine, part } = this.what, parent = this.parent;
    parent.replaceChildren();
    const button = make('button', '×', parent, 'close');
    button.type = 'button';
    button.setAttribute('aria-label', 'Close');
    button.addEventListener('click', () => this.close());
    this.live = [];
    if (machine !== undefined) this.machine(run, machine, t, style); else this.part(run, part, t);
    this.update(t, style);
  }

  machine(run, machine, t, style) {
    make('h2', run.labels[machine] + (run.title ? ` · ${run.title}` : ''), this.parent);
    const now = make('div', '', this.parent), share = make('div', null, this.parent, 'share');
    this.live.push(t => {
      const state = run.state(machine, t);
      now.textContent = `${word(this.states[state][0])} for ${length(t - run.since(machine, t))}`;
      const times = this.shares(run, machine, t);
      share.replaceChildren(...times.map((time, s) => {
        const piece = make('i');
        piece.style.cssText = `flex:${time} 0 0;background:${this.states[s][1]}`;
        piece.title = `${word(this.states[s][0])} ${(100 * time / Math.max(t, 1e-9)).toFixed(1)} %`;
        return piece;
      }).filter((_, s) => times[s] > 0));
    });
    run.figures.forEach((one, k) => {
      const values = one.values.subarray(machine * run.samples, (machine + 1) * run.samples);
      if (!values.some(Number.isFinite)) return;
      const row = make('div', null, this.parent, 'row');
      make('span', one.title, row);
      const value = make('b', '', row), canvas = make('canvas', null, this.parent);
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', one.title + ' over the run');
      this.live.push((t, style) => {
        value.textContent = `${number(run.figure(k, machine, t), 1)} ${one.unit}`;
        spark(canvas, values, one.low, one.high, t / run.until, style.accent, style.ink);
      });
    });
    const causes = make('div', '', this.parent, 'row');
    this.live.push(t => {
      const found = new Map();
      for (const i of run.ofMachine[machine])
        if (run['visit.scrapped'][i] && run['visit.finish'][i] <= t) {
          const cause = run['visit.defect'][i] ? run.causes[run['visit.defect'][i] - 1] : 'no named cause';
          found.set(cause, (found.get(cause) || 0) + 1);
        }
      const text = [...found].sort((a, b) => b[1] - a[1]).map(([cause, count]) => `${cause} ${count}`).join(', ');
      causes.replaceChildren(make('span', text ? 'Scrapped here' : ''), make('b', text));
    });
  }

  shares(run, machine, t) {
    const first = run['states.first'], time = run['states.time'], code = run['states.code'], sums = this.states.map(() => 0);
    for (let i = first[machine]; i < first[machine + 1] && time[i] < t; i++)
      sums[code[i]] += Math.min(i + 1 < first[machine + 1] ? time[i + 1] : t, t) - time[i];
    return sums;
  }

  part(run, row, t) {
    const id = run.part[row], visits = (run.ofPart.get(id) || []);
    make('h2', `Part ${id}` + (run.title ? ` · ${run.title}` : ''), this.parent);
    make('div', `product ${run.products[run.product[row]]}`, this.parent);
    const state = make('div', '', this.parent);
    const table = make('table', null, this.parent), head = make('tr', null, make('thead', null, table)), body = make('tbody', null, table);
    for (const text of ['', 'arrives', 'starts', 'ends', 'leaves']) make('th', text, head);
    this.live.push(t => {
      state.textContent = this.where(run, row, visits, t);
      body.replaceChildren();
      for (const i of visits) {
        if (run['visit.arrive'][i] > t && run['visit.start'][i] > t) continue;
        const line = make('tr', null, body);
        make('td', run.labels[run['visit.machine'][i]] && run['visit.start'][i] <= t ? run.labels[run['visit.machine'][i]] : run.stations[run['visit.station'][i]], line);
        for (const name of ['arrive', 'start', 'finish', 'depart']) make('td', run['visit.' + name][i] <= t ? clock(run, run['visit.' + name][i]) : '', line);
        const made = run.makes[run['visit.station'][i]];
        if (made && run['visit.finish'][i] <= t) {
          const texts = made[1].map(([name, unit, digits], k) => `${name} ${number(run['visit.values'][made[0][i] + k], digits)}${unit ? ' ' + unit : ''}`);
          const more = make('td', texts.join(' · '), make('tr', null, body));
          more.colSpan = 5;
        }
      }
    });
  }

  where(run, row, visits, t) {
    const last = visits.filter(i => Math.min(run['visit.arrive'][i], run['visit.start'][i]) <= t).pop();
    if (last === undefined) return 'on its way to the first station';
    const station = run.stations[run['visit.station'][last]];
    const spoiled = run.spoiled[row] <= t ? ` · spoiled: ${run.causes[run.cause[row]]}` : '';
    if (run['visit.scrapped'][last] && run['visit.finish'][last] <= t) return `scrapped at ${station}${spoiled}`;
    if (run['visit.start'][last] > t) return `waits for ${station}${spoiled}`;
    if (run['visit.finish'][last] > t) return `worked on at ${station}${spoiled}`;
    if (run['visit.depart'][last] > t) return `done at ${station}, cannot leave yet${spoiled}`;
    return (run['visit.station'][last] === run.stations.length - 1 ? 'has left the line' : `on its way from ${station}`) + spoiled;
  }

  update(t, style) { if (this.what) for (const each of this.live) each(t, style); }
}

function machineTable(table, runs, states, t, both) {
  table.replaceChildren();
  const head = make('tr', null, make('thead', null, table)), body = make('tbody', null, table);
  make('th', 'machine', head);
  make('th', 'state', head);
  for (const one of runs[0].figures) make('th', `${one.title}${one.unit ? ', ' + one.unit : ''}`, head);
  for (const run of runs.slice(0, both ? 2 : 1))
    for (let j = 0; j < run.machines; j++) {
      const line = make('tr', null, body);
      make('td', run.labels[j] + (both ? ` · ${run.title}` : ''), line);
      make('td', word(states[run.state(j, t)][0]), line);
      run.figures.forEach((_, k) => make('td', number(run.figure(k, j, t), 1), line));
    }
}
