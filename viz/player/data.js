// What the page holds: one header in JSON and arrays behind it, packed with gzip.
async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const kinds = { f4: Float32Array, u4: Uint32Array, u2: Uint16Array, i2: Int16Array, u1: Uint8Array, i1: Int8Array };
  const array = name => {
    const [kind, at, count] = head.arrays[name];
    const Kind = kinds[kind];
    return new Kind(buffer.slice(4 + length + at, 4 + length + at + count * Kind.BYTES_PER_ELEMENT));
  };
  return { head, array };
}

const rgb = text => [1, 3, 5].map(k => parseInt(text.slice(k, k + 2), 16) / 255);

// The last place whose value is not more than x, between two ends of a sorted array.
function place(values, x, low, high) {
  let a = low, b = high;
  while (a < b) {
    const m = (a + b) >> 1;
    if (values[m] <= x) a = m + 1; else b = m;
  }
  return a - 1;
}

// One run: where its parts are, what its machines do and how its figures go.
class Run {
  constructor(data, index) {
    const take = name => data.array(`run${index}.${name}`);
    Object.assign(this, data.head.runs[index]);
    for (const name of ['first', 'time', 'along', 'aside', 'up', 'part', 'product', 'turns', 'spoiled', 'cause',
      'states.first', 'states.time', 'states.code', 'visit.part', 'visit.station', 'visit.machine', 'visit.arrive',
      'visit.start', 'visit.finish', 'visit.depart', 'visit.scrapped', 'visit.defect', 'gauges', 'visit.values'])
      this[name] = take(name);
    this.figures = this.series.map((one, k) => {
      const packed = take(`series${k}`), values = new Float32Array(packed.length);
      for (let i = 0; i < packed.length; i++)
        values[i] = packed[i] === 65535 ? NaN : one.least + (one.most - one.least) * packed[i] / 65534;
      return { ...one, values };
    });
    const begin = p => this.time[this.first[p]], end = p => this.time[this.first[p + 1] - 1];
    this.order = Uint32Array.from(this.part.keys()).sort((a, b) => begin(a) - begin(b));
    this.begins = Float64Array.from(this.order, begin);
    this.longest = this.part.reduce((most, _, p) => Math.max(most, end(p) - begin(p)), 0);
    this.machines = this.labels.length;
    this.ofMachine = Array.from({ length: this.machines }, () => []);
    this.ofPart = new Map();
    for (let i = 0; i < this['visit.part'].length; i++) {
      const start = this['visit.start'][i];
      if (start <= this.until) this.ofMachine[this['visit.machine'][i]].push(i);
      const own = this.ofPart.get(this['visit.part'][i]);
      if (own) own.push(i); else this.ofPart.set(this['visit.part'][i], [i]);
    }
    for (const own of this.ofMachine) own.sort((a, b) => this['visit.start'][a] - this['visit.start'][b]);
  }

  state(machine, t) {
    const first = this['states.first'];
    return this['states.code'][Math.max(place(this['states.time'], t, first[machine], first[machine + 1]), first[machine])];
  }

  since(machine, t) {
    const first = this['states.first'];
    return this['states.time'][Math.max(place(this['states.time'], t, first[machine], first[machine + 1]), first[machine])];
  }

  // How much of the visit on a machine is over; 0 where there is none.
  progress(machine, t) {
    const own = this.ofMachine[machine], start = this['visit.start'], finish = this['visit.finish'];
    let a = 0, b = own.length;
    while (a < b) { const m = (a + b) >> 1; if (start[own[m]] <= t) a = m + 1; else b = m; }
    if (!a) return 0;
    const i = own[a - 1];
    return t < finish[i] ? (t - start[i]) / (finish[i] - start[i]) : 0;
  }

  sample(t) { return Math.min(Math.max(Math.floor(t / this.step), 0), this.samples - 1); }
  figure(k, machine, t) { return this.figures[k].values[machine * this.samples + this.sample(t)]; }
  gauge(k, t) { return this.gauges[k * this.samples + this.sample(t)]; }

  // Calls each(part, along, aside, up) for every part that is to be seen.
  parts(t, each) {
    const { first, time, along, aside, up } = this;
    const last = place(this.begins, t, 0, this.begins.length);
    for (let k = place(this.begins, t - this.longest - 1e-3, 0, this.begins.length) + 1; k <= last; k++) {
      const p = this.order[k];
      const low = first[p], high = first[p + 1] - 1;
      if (t < time[low] || t >= time[high]) continue;
      const i = Math.min(Math.max(place(time, t, low, high + 1), low), high - 1), span = time[i + 1] - time[i];
      const u = span > 0 ? (t - time[i]) / span : 1;
      each(p, along[i] + u * (along[i + 1] - along[i]), (aside[i] + u * (aside[i + 1] - aside[i])) / 1000,
        (up[i] + u * (up[i + 1] - up[i])) / 1000);
    }
  }
}

// The way of the parts over the floor.
class Way {
  constructor(points, left, step) { this.points = points; this.left = left; this.step = step; this.last = points.length / 2 - 1; }

  at(along, aside, up) {
    const at = Math.min(Math.max(along / this.step, 0), this.last - 1e-6), i = Math.floor(at), u = at - i;
    const x = this.points[2 * i] * (1 - u) + this.points[2 * i + 2] * u, y = this.points[2 * i + 1] * (1 - u) + this.points[2 * i + 3] * u;
    const lx = this.left[2 * i] * (1 - u) + this.left[2 * i + 2] * u, ly = this.left[2 * i + 1] * (1 - u) + this.left[2 * i + 3] * u;
    const beyond = along - at * this.step;
    return [x + lx * aside + ly * beyond, y + ly * aside - lx * beyond, up];
  }
}
