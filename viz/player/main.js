// Puts everything together: one clock, one camera, one or two panes.
const $ = id => document.getElementById(id);

async function start() {
  const began = performance.now(), data = await unpacked($('data').textContent), D = data.head;
  const runs = D.runs.map((_, k) => new Run(data, k)), states = D.states, codes = states.map(s => rgb(s[1]));
  const canvas = $('gl'), gl = canvas.getContext('webgl2', { antialias: false, powerPreference: 'high-performance' });
  if (!gl) throw new Error('This page needs WebGL 2, which this browser does not offer.');
  const scenes = D.scenes.map((_, k) => new Drawing(gl, data, k));
  await Promise.all(scenes.map(one => one.load()));
  const looks = D.looks.map((_, k) => copies(gl, solid(gl, data, `look${k}`)));
  const shaded = program(gl, SOLID, LIT), flat = program(gl, FLAT, FLOOR);
  const scale = D.scale.map(rgb), shell = rgb(D.shell), products = D.products.map(rgb), spoiled = D.spoiled.map(rgb);
  const view = { t: D.begin, playing: false, speed: 60, colour: 'state', names: true, both: false, dirty: true };
  const camera = new Camera(scenes.length > 1 ? new Float32Array([...scenes[0].outline, ...scenes[1].outline]) : scenes[0].outline), seek = t => { view.t = Math.min(Math.max(t, 0), until); view.dirty = true; };
  const until = Math.max(...runs.map(r => r.until)), gantt = new Gantt($('gantt'), runs, states, seek);
  const cards = new Cards($('cards'), runs), panel = new Panel($('pick'), states, () => { panel.shut(); canvas.focus(); });
  document.querySelector('#head h1').textContent = D.title;
  const colours = [['state', 'state'], ...runs[0].figures.map(one => [one.name, one.title.split(',')[0].toLowerCase()])];
  for (const [value, text] of colours) $('colour').append(new Option(text, value));
  for (const speed of [1, 4, 10, 30, 60, 120, 300]) $('speed').append(new Option(speed + '×', speed));
  $('speed').value = view.speed;
  $('both').hidden = runs.length < 2;

  const style = () => { const s = getComputedStyle(document.documentElement), v = n => s.getPropertyValue(n).trim(); return { ink: v('--ink'), soft: v('--soft'), card: v('--back'), accent: v('--accent') }; };
  let look = style();
  const dark = on => { document.documentElement.classList.toggle('dark', on); look = style(); gantt.drawn = null; view.dark = on; view.dirty = true; };

  function panes() {
    const w = canvas.clientWidth, h = canvas.clientHeight;
    if (!view.both) return [{ run: 0, x: 0, y: 0, w, h }];
    return w >= h ? [0, 1].map(k => ({ run: k, x: k * w / 2, y: 0, w: w / 2, h })) : [0, 1].map(k => ({ run: k, x: 0, y: k * h / 2, w, h: h / 2 }));
  }

  // Pixels drawn for one shown: many while nothing moves, as many as the machine is up to while something does.
  const FINE = 2;
  let coarse = Math.min(devicePixelRatio || 1, FINE);
  function sharpen(ratio) {
    const size = [canvas.clientWidth, canvas.clientHeight].map(n => Math.max(Math.round(n * ratio), 1));
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  }

  function resize() {
    gantt.shown = view.both ? 2 : 1;
    gantt.layout();
    view.dirty = true;
  }

  // Learns from the time of a frame [ms] how fine to draw while something moves.
  const times = [];
  let fixed = false;
  function learn(spent) {
    times.push(spent);
    if (times.length < 6 || fixed) return;
    const middle = times.sort((a, b) => a - b)[3];
    times.length = 0;
    if (middle > 60 && coarse > 0.6) coarse = Math.max(0.6, coarse * 0.8);
    else if (middle < 12 && coarse < FINE) coarse = Math.min(FINE, coarse * 1.25);
  }

  function home() {
    const [pane] = panes(), narrow = canvas.clientWidth < 640;
    camera.fit(pane.w, pane.h, narrow ? [12, 12, view.both ? 60 : 120, 20] : [40, 40, 110, 24]);
    view.dirty = true;
  }

  // Colours of the machines of a run at a moment.
  function paint(k, t) {
    const run = runs[k], scene = scenes[run.scene], which = run.figures.findIndex(one => one.name === view.colour);
    const housing = [], state = [], lens = [];
    for (let j = 0; j < run.machines; j++) {
      const code = run.state(j, t);
      state.push(codes[code]);
      lens.push(D.lit[code]);
      housing.push(which < 0 ? shell : shade(run, which, j, t));
    }
    scene.paint(housing, state, lens);
  }

  function shade(run, which, machine, t) {
    const one = run.figures[which], value = run.figure(which, machine, t);
    if (!Number.isFinite(value)) return shell;
    const at = Math.min(Math.max((value - one.low) / (one.high - one.low), 0), 1) * (scale.length - 1), i = Math.min(Math.floor(at), scale.length - 2);
    return [0, 1, 2].map(c => 0.85 * (scale[i][c] + (at - i) * (scale[i + 1][c] - scale[i][c])) + 0.15 * shell[c]);
  }

  // Parts of a run: places and colours by look, and where each is, for clicks.
  function partsOf(k, t) {
    const run = runs[k], way = scenes[run.scene].way, found = looks.map(() => []), seen = [];
    run.parts(t, (p, along, aside, up) => {
      const at = way.at(along, aside, up), look = (run.turns[2 * p] <= t) + (run.turns[2 * p + 1] <= t);
      const bad = view.colour === 'scrap' && run.spoiled[p] <= t;
      const paint = bad ? spoiled[run.cause[p] % spoiled.length] : D.looks[look] ? rgb(D.looks[look]) : products[run.product[p] % products.length];
      found[look].push(at[0], at[1], at[2], paint[0], paint[1], paint[2]);
      seen.push([p, at]);
    });
    return { found, seen };
  }

  const still = new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  let seen = [[], []];
  function draw() {
    const ratio = canvas.width / Math.max(canvas.clientWidth, 1), back = view.dark ? [0.08, 0.094, 0.114] : rgb(D.ground);
    const tone = view.dark ? 0.42 : 1;
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.SCISSOR_TEST);
    for (const k of [3, 4]) gl.vertexAttribI4ui(k, 0, 0, 0, 0); // of solids that say nothing of owners
    for (const pane of panes()) {
      const run = runs[pane.run], scene = scenes[run.scene], t = Math.min(view.t, run.until), parts = partsOf(pane.run, t);
      seen[pane.run] = parts.seen;
      const box = [pane.x * ratio, (canvas.clientHeight - pane.y - pane.h) * ratio, pane.w * ratio, pane.h * ratio].map(Math.round);
      gl.viewport(...box);
      gl.scissor(...box);
      gl.clearColor(...back, 1);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      const matrix = camera.matrix(pane.w / pane.h);
      gl.useProgram(flat.p);
      gl.uniformMatrix4fv(flat.at.view, false, matrix);
      gl.uniform4f(flat.at.extent, ...scene.extent);
      gl.uniform3f(flat.at.back, ...back);
      gl.uniform1f(flat.at.tone, tone);
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, scene.picture);
      gl.uniform1i(flat.at.picture, 0);
      gl.bindVertexArray(scene.floor);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      paint(pane.run, t);
      const { p, at } = shaded;
      gl.useProgram(p);
      gl.uniformMatrix4fv(at.view, false, matrix);
      gl.uniform3f(at.eye, ...camera.eye);
      gl.uniform1f(at.tone, view.dark ? 0.62 : 1);
      gl.uniform1i(at.machines, 1);
      gl.uniform1i(at.mode, 0);
      gl.uniform3f(at.off, ...scene.off);
      gl.uniform1f(at.scale, scene.scale);
      gl.uniformMatrix4fv(at.move, false, still);
      gl.bindVertexArray(scene.still.vao);
      gl.drawElements(gl.TRIANGLES, scene.still.count, scene.still.type, 0);
      gl.uniform3f(at.off, 0, 0, 0);
      gl.uniform1f(at.scale, 0.001);
      gl.uniform1i(at.mode, 1);
      for (const mover of scene.movers) {
        gl.uniformMatrix4fv(at.move, false, pose(mover, run.progress(mover.machine, t)));
        const one = scene.moving[mover.solid];
        gl.bindVertexArray(one.vao);
        gl.drawElements(gl.TRIANGLES, one.count, one.type, 0);
      }
      gl.uniform1i(at.mode, 2);
      looks.forEach((one, k) => {
        const count = parts.found[k].length / 6;
        if (!count) return;
        gl.bindVertexArray(one.vao);
        gl.bindBuffer(gl.ARRAY_BUFFER, one.buffer);
        gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(parts.found[k]), gl.DYNAMIC_DRAW);
        gl.drawElementsInstanced(gl.TRIANGLES, one.count, one.type, 0, count);
      });
      gl.bindVertexArray(null);
    }
    gl.disable(gl.SCISSOR_TEST);
  }

  function pose(mover, u) {
    const m = new Float32Array(still);
    m.set(mover.at, 12);
    if (mover.kind === 'swing') {
      const a = u > 0 ? 0.55 * Math.sin(4 * Math.PI * u) : 0.75;
      m[0] = m[5] = Math.cos(a); m[1] = Math.sin(a); m[4] = -Math.sin(a);
    } else {
      const by = -(mover.kind === 'ram' ? 0.35 : 0.45) * Math.sin(Math.PI * Math.min(1, 1.2 * u)) ** 2;
      if (mover.kind === 'ram') m[14] += by; else { m[12] += by * Math.cos(mover.turn); m[13] += by * Math.sin(mover.turn); }
    }
    return m;
  }

  const labels = new Names($('tags'), runs, scenes, states);
  function names() {
    const stage = canvas.getBoundingClientRect();
    const boxes = [...document.querySelectorAll('#cards .card, #head, #pick')].filter(e => !e.hidden).map(e => e.getBoundingClientRect());
    const full = boxes.map(b => [b.left - stage.left, b.top - stage.top, b.right - stage.left, b.bottom - stage.top]);
    labels.show(view.names ? panes() : [], camera, view.t, canvas.clientWidth < 640 || view.both, full);
  }

  function legend() {
    const parent = $('legend'), which = runs[0].figures.find(one => one.name === view.colour);
    const used = states.filter((_, code) => runs.some(run => run['states.code'].includes(code)));
    const entry = (colour, text) => { const s = make('span', null, parent); make('i', null, s).style.background = colour; s.append(text); };
    parent.replaceChildren();
    for (const [name, colour] of used) entry(colour, word(name));
    if (view.colour === 'scrap') D.runs[0].causes.slice(0, 8).forEach((cause, k) => { if ([...runs[0].cause].includes(k)) entry(D.spoiled[k % D.spoiled.length], cause); });
    if (which) {
      const s = make('span', null, parent), low = make('span', `${which.low} ${which.unit}`, s), bar = make('canvas', null, s);
      bar.width = 130; bar.height = 1;
      const g = bar.getContext('2d');
      D.scale.forEach((_, k) => { if (k) { const grad = g.createLinearGradient(130 * (k - 1) / (scale.length - 1), 0, 130 * k / (scale.length - 1), 0); grad.addColorStop(0, D.scale[k - 1]); grad.addColorStop(1, D.scale[k]); g.fillStyle = grad; g.fillRect(130 * (k - 1) / (scale.length - 1), 0, 130 / (scale.length - 1) + 1, 1); } });
      make('span', `${which.high} ${which.unit}`, s);
    }
  }

  function texts() {
    const t = view.t;
    $('clock').textContent = `${clock(runs[0], t)} · ${length(t)} into the run`;
    $('gantt').setAttribute('aria-valuenow', Math.round(t));
    $('gantt').setAttribute('aria-valuetext', clock(runs[0], t));
    cards.show(t, view.both);
    panel.update(Math.min(t, panel.what ? panel.what.run.until : t), look);
    if (!$('charts').hidden) machineTable($('table'), runs, states, Math.min(t, runs[0].until), view.both);
    for (const k of [0, 1]) {
      const one = $('pane' + k), pane = panes()[k];
      one.textContent = view.both ? runs[k].title : '';
      if (pane) { one.style.left = pane.x + 'px'; one.style.top = pane.y + (pane.y ? 6 : canvas.clientWidth < 640 ? 102 : 64) + 'px'; }
    }
  }

  // What lies under a pixel: a part, else a machine.
  function pick(x, y) {
    const pane = panes().find(p => x >= p.x && x < p.x + p.w && y >= p.y && y < p.y + p.h) || panes()[0];
    const run = runs[pane.run], scene = scenes[run.scene], axes = camera.axes(), px = x - pane.x, py = y - pane.y;
    let best = null;
    for (const [p, at] of seen[pane.run]) {
      const [u, v, depth] = camera.project([at[0], at[1], at[2] + 0.1], pane.w, pane.h, axes), near = Math.hypot(u - px, v - py);
      const reach = Math.max(9, 0.22 * pane.h / 2 / Math.tan(camera.angle / 2) / depth);
      if (near < reach && (!best || near < best.near)) best = { near, depth, part: p };
    }
    const { eye, way } = camera.ray(px, py, pane.w, pane.h);
    let machine = null, first = Infinity;
    scene.boxes.forEach((box, j) => {
      let low = 0, high = Infinity;
      for (let k = 0; k < 3; k++) {
        const a = (box[k] - eye[k]) / way[k], b = (box[k + 3] - eye[k]) / way[k];
        low = Math.max(low, Math.min(a, b));
        high = Math.min(high, Math.max(a, b));
      }
      if (low < high && low < first) { first = low; machine = j; }
    });
    if (best && (machine === null || best.depth < first + 1.2)) return { run, part: best.part };
    return machine === null ? null : { run, machine };
  }

  function choose(x, y) {
    const what = pick(x, y);
    if (what) panel.open(what, Math.min(view.t, what.run.until), look); else panel.shut();
    view.dirty = true;
    return what;
  }

  function play(on) {
    if (on && view.t >= until - 1e-6) seek(0);
    view.playing = on;
    $('play').textContent = on ? '❚❚' : '▶';
    $('play').setAttribute('aria-label', on ? 'Pause' : 'Play');
    last = performance.now();
    view.dirty = true;
    if (!on) $('say').textContent = `${clock(runs[0], view.t)}. ` + runs[0].stations.map((name, m) => `${name}: ${inWords(scenes[runs[0].scene].machines[m].map(j => runs[0].state(j, view.t)), states)}`).join('; ');
  }

  function side(on) { view.both = on && runs.length > 1; $('compare').checked = view.both; resize(); home(); }
  function colour(name) { view.colour = name; $('colour').value = name; legend(); resize(); }
  function charts(on) { $('charts').hidden = !on; $('more').setAttribute('aria-expanded', on); if (on) { $('less').focus(); texts(); } else $('more').focus(); }

  $('play').addEventListener('click', () => play(!view.playing));
  $('speed').addEventListener('change', e => { view.speed = +e.target.value; });
  $('colour').addEventListener('change', e => colour(e.target.value));
  $('names').addEventListener('change', e => { view.names = e.target.checked; view.dirty = true; });
  $('compare').addEventListener('change', e => side(e.target.checked));
  $('home').addEventListener('click', home);
  $('dark').addEventListener('click', () => dark(!view.dark));
  $('more').addEventListener('click', () => charts($('charts').hidden));
  $('less').addEventListener('click', () => charts(false));
  const step = by => { const all = [...$('speed').options].map(o => +o.value), k = all.indexOf(view.speed) + by; if (all[k]) { view.speed = all[k]; $('speed').value = all[k]; } };
  addEventListener('keydown', e => {
    if (/SELECT|INPUT/.test(e.target.tagName) || e.ctrlKey || e.metaKey || e.altKey) return;
    const by = e.shiftKey ? 60 : 10;
    const keys = {
      ' ': () => { if (e.target.tagName === 'BUTTON') return false; play(!view.playing); }, ArrowLeft: () => seek(view.t - by), ArrowRight: () => seek(view.t + by),
      Home: () => seek(0), End: () => seek(until), '+': () => step(1), '=': () => step(1), '-': () => step(-1), h: home, d: () => dark(!view.dark),
      n: () => { $('names').click(); }, b: () => side(!view.both), c: () => colour(colours[(colours.findIndex(x => x[0] === view.colour) + 1) % colours.length][0]),
      Escape: () => { if (!$('charts').hidden) charts(false); else panel.shut(); view.dirty = true; },
    };
    if (keys[e.key] && keys[e.key]() !== false) e.preventDefault();
  });

  // Mouse and fingers: one turns, two (or the right button, or shift) shift and zoom.
  const fingers = new Map();
  let moved = 0;
  canvas.addEventListener('pointerdown', e => { canvas.setPointerCapture(e.pointerId); fingers.set(e.pointerId, [e.offsetX, e.offsetY]); moved = 0; });
  canvas.addEventListener('pointermove', e => {
    const old = fingers.get(e.pointerId);
    if (!old) return;
    const dx = e.offsetX - old[0], dy = e.offsetY - old[1], h = panes()[0].h;
    moved += Math.abs(dx) + Math.abs(dy);
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== e.pointerId)[1];
      const before = Math.hypot(old[0] - other[0], old[1] - other[1]), after = Math.hypot(e.offsetX - other[0], e.offsetY - other[1]);
      if (after > 1) camera.zoom(before / after);
      camera.pan(dx / 2, dy / 2, h);
    } else if (e.shiftKey || e.buttons === 2) camera.pan(dx, dy, h); else camera.orbit(dx, dy);
    fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
    view.dirty = true;
  });
  canvas.addEventListener('pointerup', e => { if (fingers.size === 1 && moved < 6) choose(e.offsetX, e.offsetY); fingers.delete(e.pointerId); });
  canvas.addEventListener('pointercancel', e => fingers.delete(e.pointerId));
  canvas.addEventListener('contextmenu', e => e.preventDefault());
  canvas.addEventListener('wheel', e => { e.preventDefault(); camera.zoom(Math.exp(0.001 * e.deltaY)); view.dirty = true; }, { passive: false });
  canvas.addEventListener('webglcontextlost', e => { e.preventDefault(); location.reload(); });
  new ResizeObserver(() => { view.resized = true; }).observe($('stage'));
  const night = matchMedia('(prefers-color-scheme: dark)');
  night.addEventListener('change', e => dark(e.matches));

  let last = performance.now(), told = 0, touched = 0, fine = 0;
  const pixel = new Uint8Array(4);
  const spent = [];
  function tick(now) {
    if (view.playing) {
      seek(view.t + Math.min((now - last) / 1000, 0.25) * view.speed);
      if (view.t >= until) play(false);
      gantt.follow(view.t);
    }
    last = now;
    if (view.resized) {
      view.resized = false;
      const now = [canvas.clientWidth, canvas.clientHeight].join();
      resize();
      if (now !== view.size) home();
      view.size = now;
    }
    const moves = view.playing || fingers.size > 0;
    if (view.dirty || (!moves && fine < FINE && now - touched > 250)) {
      if (view.dirty) touched = now;
      view.dirty = false;
      fine = moves || now - touched < 250 ? coarse : FINE;
      sharpen(fine);
      const begin = performance.now();
      draw();
      names();
      gantt.draw(view.t, look.ink, look.card);
      if (now - told > 100 || !view.playing) { texts(); told = now; }
      if (moves) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); // waits for the picture
      spent.push(performance.now() - begin);
      if (moves) learn(spent.at(-1));
      if (spent.length > 200) spent.shift();
    }
    requestAnimationFrame(tick);
  }
  const page = window.linetwin = {
    finest: ratio => { coarse = ratio; fixed = true; }, // how fine to draw, for measuring
    seek, play, choose, colour, side, dark, charts, home, spent,
    get time() { return view.t; }, get playing() { return view.playing; }, get both() { return view.both; },
    parts: (k = 0) => { const run = runs[k]; return partsOf(k, Math.min(view.t, run.until)).seen.map(([p, at]) => [run.part[p], ...at]); },
    states: (k = 0) => runs[k].labels.map((_, j) => states[runs[k].state(j, view.t)][0]),
    onScreen: point => { const [pane] = panes(); return camera.project(point, pane.w, pane.h); },
    machineBoxes: (k = 0) => scenes[runs[k].scene].boxes, redraw: () => { view.dirty = true; },
  };
  dark(night.matches);
  legend();
  resize();
  home();
  seek(D.begin);
  requestAnimationFrame(tick);
  requestAnimationFrame(() => requestAnimationFrame(() => { page.ready = performance.now() - began; document.documentElement.dataset.ready = 'yes'; }));
}

start().catch(fault => {
  const note = document.createElement('p');
  note.className = 'fault';
  note.textContent = `The picture cannot be shown: ${fault.message || fault} The charts are there all the same.`;
  $('stage').append(note);
  $('charts').hidden = false;
  document.documentElement.dataset.ready = 'failed';
});
