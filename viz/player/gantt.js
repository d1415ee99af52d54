// States of all machines over time: the slider of the page. What is still to come is pale.
class Gantt {
  constructor(canvas, runs, states, seek) {
    Object.assign(this, { canvas, runs, states, from: 0, to: runs[0].until, shown: 1 });
    this.until = Math.max(...runs.map(r => r.until));
    canvas.setAttribute('aria-valuemax', Math.round(this.until));
    const at = e => { const b = canvas.getBoundingClientRect(); return this.from + (e.clientX - b.left - this.left) / this.across; };
    canvas.addEventListener('pointerdown', e => { canvas.setPointerCapture(e.pointerId); this.held = true; seek(at(e)); });
    canvas.addEventListener('pointermove', e => { if (this.held) seek(at(e)); });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { this.held = false; });
    canvas.addEventListener('dblclick', () => this.span(0, this.until));
    canvas.addEventListener('wheel', e => {
      e.preventDefault();
      const middle = at(e), k = Math.exp(0.0015 * e.deltaY);
      this.span(middle - (middle - this.from) * k, middle + (this.to - middle) * k);
    }, { passive: false });
  }

  span(from, to) {
    const length = Math.min(Math.max(to - from, Math.min(60, this.until)), this.until);
    this.from = Math.min(Math.max(from, 0), this.until - length);
    this.to = this.from + length;
    this.drawn = null;
  }

  // Keeps a moment in sight where only a part of the run is shown.
  follow(t) {
    const length = this.to - this.from;
    if (t < this.from || t > this.to) this.span(t - 0.1 * length, t + 0.9 * length);
  }

  layout() {
    const box = this.canvas.parentElement.getBoundingClientRect(), narrow = box.width < 600;
    const rows = this.runs.slice(0, this.shown).reduce((sum, r) => sum + r.machines, 0), most = innerHeight * (narrow ? 0.2 : 0.24);
    this.row = Math.max(Math.min(narrow ? 9 : 11, (most - 20) / rows), 1.5);
    this.left = narrow ? 58 : 92;
    this.width = Math.max(box.width - 24, 200);
    this.high = Math.ceil(this.row * rows + 3 + (this.shown > 1 ? 6 : 0));
    this.across = (this.width - this.left - 8) / (this.to - this.from);
    this.canvas.style.height = this.high + 18 + 'px';
    const k = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = this.width * k;
    this.canvas.height = (this.high + 18) * k;
    this.drawn = null;
  }

  // The bars, which change only with the span.
  bars(ink) {
    const k = this.canvas.width / this.width, picture = document.createElement('canvas');
    picture.width = this.canvas.width;
    picture.height = this.canvas.height;
    const g = picture.getContext('2d');
    g.scale(k, k);
    g.font = '10px system-ui, sans-serif';
    g.textBaseline = 'middle';
    let y = 3;
    const every = Math.max(1, Math.ceil(10 / this.row));
    for (const run of this.runs.slice(0, this.shown)) {
      const first = run['states.first'], time = run['states.time'], code = run['states.code'];
      for (let j = 0; j < run.machines; j++, y += this.row) {
        if (j % every === 0) { g.fillStyle = ink; g.textAlign = 'right'; g.fillText(run.labels[j], this.left - 6, y + this.row * 0.5, this.left - 8); }
        for (let i = Math.max(place(time, this.from, first[j], first[j + 1]), first[j]); i < first[j + 1] && time[i] < this.to; i++) {
          const a = Math.max(time[i], this.from), b = Math.min(i + 1 < first[j + 1] ? time[i + 1] : run.until, this.to);
          if (b <= a) continue;
          g.fillStyle = this.states[code[i]][1];
          g.fillRect(this.left + (a - this.from) * this.across, y, Math.max((b - a) * this.across, 0.4), Math.max(this.row - (this.row > 5 ? 2 : 0.4), 1));
        }
      }
      y += 6;
    }
    const ticks = this.width < 500 ? 4 : 8;
    g.fillStyle = ink;
    for (let i = 0; i <= ticks; i++) {
      g.textAlign = i ? i === ticks ? 'right' : 'center' : 'left';
      const t = this.from + (this.to - this.from) * i / ticks;
      g.fillText(clock(this.runs[0], t, this.to - this.from < 900), this.left + (t - this.from) * this.across, this.high + 10);
    }
    return picture;
  }

  draw(t, ink, card) {
    if (!this.drawn) this.drawn = this.bars(ink);
    const g = this.canvas.getContext('2d'), k = this.canvas.width / this.width;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    g.drawImage(this.drawn, 0, 0);
    g.setTransform(k, 0, 0, k, 0, 0);
    const x = this.left + (Math.min(Math.max(t, this.from), this.to) - this.from) * this.across;
    g.globalAlpha = 0.6;
    g.fillStyle = card;
    g.fillRect(x, 0, this.width - 8 - x, this.high);
    g.globalAlpha = 1;
    g.fillStyle = ink;
    g.fillRect(x - 1, 0, 2, this.high);
    g.beginPath();
    g.moveTo(x - 5, 0); g.lineTo(x + 5, 0); g.lineTo(x, 6);
    g.fill();
  }
}

// Local time of day of a moment; with the day where the run is longer than one.
function clock(run, t, seconds = true) {
  const s = Math.floor(run.startSeconds + t + 1e-6), day = Math.floor(s / 86400), two = n => String(n).padStart(2, '0');
  const text = `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}` + (seconds ? `:${two(s % 60)}` : '');
  return run.until > 86400 || day > 0 ? `${['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][(run.weekday + day) % 7]} ${text}` : text;
}

function length(s) {
  return s >= 7200 ? (s / 3600).toFixed(1) + ' h' : s >= 120 ? (s / 60).toFixed(1) + ' min' : s.toFixed(s < 10 ? 1 : 0) + ' s';
}
