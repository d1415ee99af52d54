// Names and states of the stations, where there is room: never over each other, nor over what stands on the picture.
function inWords(own, states) {
  const counts = new Map();
  for (const code of own) counts.set(code, (counts.get(code) || 0) + 1);
  if (counts.size === 1) return word(states[own[0]][0]);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${count} ${word(states[code][0])}`).join(', ');
}

class Names {
  constructor(layer, runs, scenes, states) {
    Object.assign(this, { layer, runs, scenes, states, tags: new Map() });
  }

  // Shows those of some panes (none: hides all), the nearest first, around boxes [left, top, right, bottom] that are full.
  show(panes, camera, time, brief, full) {
    const used = new Set();
    for (const pane of panes) {
      const run = this.runs[pane.run], scene = this.scenes[run.scene], t = Math.min(time, run.until), axes = camera.axes();
      const short = brief || run.stations.length > 32;
      const spots = scene.tags.map((point, m) => [m, ...camera.project(point, pane.w, pane.h, axes)]).filter(s => s[3] > 0.5).sort((a, b) => b[2] - a[2]);
      for (const [m, x, y] of spots) {
        const key = pane.run + ':' + m, tag = this.tag(key, run.stations[m], scene.machines[m].map(j => run.state(j, t)), short);
        const box = this.free(pane, x, y, tag.size, full);
        if (!box) continue;
        full.push(box);
        tag.root.style.transform = `translate(${box[0].toFixed(1)}px,${box[1].toFixed(1)}px)`;
        tag.root.style.visibility = 'visible';
        used.add(key);
      }
    }
    for (const [key, tag] of this.tags) if (!used.has(key)) tag.root.style.visibility = 'hidden';
  }

  // The element of a station, brought up to date.
  tag(key, name, own, short) {
    let tag = this.tags.get(key);
    if (!tag) {
      const root = make('div', null, this.layer, 'tag card');
      tag = { root, side: make('div', null, root, 'side'), words: make('div', null, root, 'words') };
      this.tags.set(key, tag);
    }
    const signature = short + own.join();
    if (tag.signature !== signature) {
      tag.signature = signature;
      tag.root.classList.toggle('brief', short);
      tag.side.replaceChildren(...own.map(code => { const i = make('i'); i.style.background = this.states[code][1]; return i; }));
      tag.words.replaceChildren(name, make('small', inWords(own, this.states)));
      tag.size = [tag.root.offsetWidth, tag.root.offsetHeight];
    }
    return tag;
  }

  free(pane, x, y, [w, h], full) {
    for (const up of [0, 14, 28, 44, 62]) for (const aside of [0, -24, 24, -52, 52]) {
      const left = pane.x + x - w / 2 + aside, top = pane.y + y - 8 - up - h;
      if (left < pane.x + 2 || top < pane.y + 2 || left + w > pane.x + pane.w - 2 || top + h > pane.y + pane.h - 2) continue;
      if (!full.some(b => left < b[2] + 3 && b[0] < left + w + 3 && top < b[3] + 3 && b[1] < top + h + 3)) return [left, top, left + w, top + h];
    }
    return null;
  }
}
