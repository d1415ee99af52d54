// A camera that turns about a point on the floor, and what it sees.
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const less = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const plus = (a, b, k) => [a[0] + k * b[0], a[1] + k * b[1], a[2] + k * b[2]];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = a => { const n = Math.hypot(...a); return [a[0] / n, a[1] / n, a[2] / n]; };

class Camera {
  constructor(outline) {
    this.outline = outline;
    this.angle = 30 * Math.PI / 180;
    this.focus = [0, 0, 0];
    this.turn = -1.33;
    this.rise = 0.585;
    this.far = 30;
  }

  get eye() {
    const c = Math.cos(this.rise);
    return plus(this.focus, [c * Math.cos(this.turn), c * Math.sin(this.turn), Math.sin(this.rise)], this.far);
  }

  axes() {
    const ahead = unit(less(this.focus, this.eye)), right = unit(cross(ahead, [0, 0, 1]));
    return { eye: this.eye, ahead, right, up: cross(right, ahead) };
  }

  // Pixels of a point in a pane of some width and height, and how far it is.
  project(point, width, height, axes = this.axes()) {
    const ray = less(point, axes.eye), depth = Math.max(dot(ray, axes.ahead), 1e-6), k = height / 2 / Math.tan(this.angle / 2) / depth;
    return [width / 2 + dot(ray, axes.right) * k, height / 2 - dot(ray, axes.up) * k, depth];
  }

  // Moves back and aside until the outline fills a pane, save margins (left, right, top, bottom) in pixels.
  fit(width, height, [left, right, top, bottom]) {
    this.turn = width < height ? -0.42 : -1.33; // on a phone held upright the line runs upwards
    this.rise = width < height ? 0.72 : 0.585;
    const points = this.outline, count = points.length / 3;
    let low = [1e9, 1e9, 1e9], high = [-1e9, -1e9, -1e9];
    for (let i = 0; i < points.length; i++) { low[i % 3] = Math.min(low[i % 3], points[i]); high[i % 3] = Math.max(high[i % 3], points[i]); }
    this.focus = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0.5];
    this.far = 1.5 * Math.hypot(...less(high, low));
    for (let round = 0; round < 60; round++) {
      const axes = this.axes();
      let box = [1e9, 1e9, -1e9, -1e9];
      for (let i = 0; i < count; i++) {
        const [x, y] = this.project([points[3 * i], points[3 * i + 1], points[3 * i + 2]], width, height, axes);
        box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
      }
      const grow = Math.max((box[2] - box[0]) / Math.max(width - left - right, 80), (box[3] - box[1]) / Math.max(height - top - bottom, 80));
      const dx = (box[0] + box[2]) / 2 - (left + width - right) / 2, dy = (box[1] + box[3]) / 2 - (top + height - bottom) / 2;
      if (Math.abs(grow - 1) < 0.003 && Math.abs(dx) + Math.abs(dy) < 2) break;
      this.pan(0.6 * -dx, 0.6 * -dy, height);
      this.far *= Math.min(Math.max(grow, 0.7), 1.4);
    }
    this.home = { focus: this.focus, far: this.far };
  }

  pan(dx, dy, height) {
    const { ahead, right, up } = this.axes(), k = 2 * this.far * Math.tan(this.angle / 2) / height;
    let shift = plus(plus([0, 0, 0], right, -dx * k), up, dy * k);
    shift = plus(shift, ahead, -shift[2] / ahead[2]);
    this.focus = plus(this.focus, shift, 1);
  }

  orbit(dx, dy) {
    this.turn -= dx * 0.006;
    this.rise = Math.min(Math.max(this.rise + dy * 0.005, 0.08), 1.5);
  }

  zoom(k) { this.far = Math.min(Math.max(this.far * k, 2), 600); }

  // The matrix for WebGL, column by column.
  matrix(aspect) {
    const { eye, ahead, right, up } = this.axes(), near = Math.max(0.2, this.far * 0.02), far = this.far + 400;
    const f = 1 / Math.tan(this.angle / 2), z = (far + near) / (near - far), w = 2 * far * near / (near - far), out = new Float32Array(16);
    for (let k = 0; k < 3; k++) {
      out[4 * k] = right[k] * f / aspect; out[4 * k + 1] = up[k] * f;
      out[4 * k + 2] = -ahead[k] * z; out[4 * k + 3] = ahead[k];
    }
    out[12] = -dot(right, eye) * f / aspect; out[13] = -dot(up, eye) * f;
    out[14] = dot(ahead, eye) * z + w; out[15] = -dot(ahead, eye);
    return out;
  }

  // The ray through a pixel.
  ray(x, y, width, height) {
    const { eye, ahead, right, up } = this.axes(), k = Math.tan(this.angle / 2) * 2 / height;
    return { eye, way: unit(plus(plus(ahead, right, (x - width / 2) * k), up, (height / 2 - y) * k)) };
  }
}
