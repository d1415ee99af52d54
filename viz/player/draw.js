// WebGL 2: one program for everything solid, one for the floor.
const SOLID = `#version 300 es
layout(location=0) in vec3 p; layout(location=1) in vec3 n; layout(location=2) in vec3 c;
layout(location=3) in uint owner; layout(location=4) in uint kind; layout(location=5) in vec3 spot; layout(location=6) in vec3 paint;
uniform mat4 view, move; uniform vec3 off; uniform float scale; uniform int mode; uniform sampler2D machines;
out vec3 N, C, W; out float G;
void main() {
  vec4 w = vec4(off + p * scale, 1.);
  N = n; C = c; G = 0.;
  if (mode == 1) { w = move * w; N = mat3(move) * n; }
  if (mode == 2) { w.xyz += spot; C = paint; }
  if (mode == 0) {
    if (kind == 1u) C = texelFetch(machines, ivec2(int(owner), 0), 0).rgb;
    else if (kind >= 2u) {
      vec4 state = texelFetch(machines, ivec2(int(owner), 1), 0);
      bool lit = kind == 2u || int(state.a * 255. + .5) == int(kind) - 3;
      C = lit ? state.rgb : vec3(.29, .31, .35);
      G = kind == 2u ? .8 : lit ? .65 : 0.;
    }
  }
  W = w.xyz; gl_Position = view * w;
}`;
const LIT = `#version 300 es
precision highp float;
in vec3 N, C, W; in float G; uniform vec3 eye; uniform float tone; out vec4 o;
void main() {
  vec3 n = normalize(N), v = normalize(eye - W);
  if (dot(n, v) < 0.) n = -n;
  vec3 L = normalize(vec3(-12., -4.5, 15.)), F = normalize(vec3(12., -14., 9.));
  float d = max(dot(n, L), 0.), f = max(dot(n, F), 0.), h = .5 + .5 * n.z;
  float s = pow(max(dot(n, normalize(L + v)), 0.), 40.) * .2;
  float low = mix(.72, 1., smoothstep(-.05, .5, W.z));
  vec3 k = C * (.20 + .16 * h + .72 * d * vec3(1., .97, .92) + .34 * f * vec3(.92, .96, 1.)) * low + s;
  o = vec4(mix(k * tone, C, G), 1.);
}`;
const FLAT = `#version 300 es
layout(location=0) in vec2 p; uniform mat4 view; uniform vec4 extent; out vec2 t;
void main() { t = vec2((p.x - extent.x) / (extent.y - extent.x), (extent.w - p.y) / (extent.w - extent.z)); gl_Position = view * vec4(p, 0., 1.); }`;
const FLOOR = `#version 300 es
precision highp float; in vec2 t; uniform sampler2D picture; uniform vec3 back; uniform float tone; out vec4 o;
void main() { vec3 c = texture(picture, t).rgb; float away = length(c - vec3(.902, .914, .929)); o = vec4(mix(back, c * tone, tone > .99 ? 1. : smoothstep(0., .02, away) * .999), 1.);
  if (tone < .99) { vec2 e = min(t, 1. - t); o.rgb = mix(back, c * tone, smoothstep(0., .12, min(e.x * 2., e.y))); } }`;

function program(gl, vertex, fragment) {
  const p = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(p, shader);
  }
  gl.linkProgram(p);
  if (!gl.getProgramParameter(p, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(p));
  const at = {};
  for (let i = 0; i < gl.getProgramParameter(p, gl.ACTIVE_UNIFORMS); i++) {
    const name = gl.getActiveUniform(p, i).name;
    at[name] = gl.getUniformLocation(p, name);
  }
  return { p, at };
}

function solid(gl, data, name) {
  const vao = gl.createVertexArray();
  gl.bindVertexArray(vao);
  const buffer = (target, values) => { gl.bindBuffer(target, gl.createBuffer()); gl.bufferData(target, values, gl.STATIC_DRAW); };
  const attribute = (at, values, size, type, normed) => {
    buffer(gl.ARRAY_BUFFER, values);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, type, normed, 0, 0);
  };
  const points = data.array(name + '.p');
  attribute(0, points, 3, points instanceof Int16Array ? gl.SHORT : gl.UNSIGNED_SHORT, false);
  attribute(1, data.array(name + '.n'), 3, gl.BYTE, true);
  attribute(2, data.array(name + '.c'), 3, gl.UNSIGNED_BYTE, true);
  if (data.head.arrays[name + '.o']) {
    buffer(gl.ARRAY_BUFFER, data.array(name + '.o'));
    gl.enableVertexAttribArray(3);
    gl.vertexAttribIPointer(3, 1, gl.UNSIGNED_SHORT, 0, 0);
    buffer(gl.ARRAY_BUFFER, data.array(name + '.k'));
    gl.enableVertexAttribArray(4);
    gl.vertexAttribIPointer(4, 1, gl.UNSIGNED_BYTE, 0, 0);
  }
  const faces = data.array(name + '.f');
  buffer(gl.ELEMENT_ARRAY_BUFFER, faces);
  gl.bindVertexArray(null);
  return { vao, count: faces.length, type: faces instanceof Uint32Array ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT };
}

// The copies of a solid: places and colours, six numbers each.
function copies(gl, one) {
  gl.bindVertexArray(one.vao);
  one.buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, one.buffer);
  for (const [at, start] of [[5, 0], [6, 12]]) {
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, 3, gl.FLOAT, false, 24, start);
    gl.vertexAttribDivisor(at, 1);
  }
  gl.bindVertexArray(null);
  return one;
}

class Drawing {
  constructor(gl, data, index) {
    this.gl = gl;
    Object.assign(this, data.head.scenes[index]);
    const name = `scene${index}.`;
    this.way = new Way(data.array(name + 'way'), data.array(name + 'left'), this.step);
    this.still = solid(gl, data, name + 'still');
    this.solids = this.movers.map(m => m.solid);
    this.moving = {};
    for (const k of new Set(this.solids)) this.moving[k] = solid(gl, data, `${name}mover${k}`);
    this.outline = data.array(name + 'outline');
    this.count = this.places.length;
    this.texels = new Uint8Array(8 * this.count);
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, gl.NEAREST);
    const [x0, x1, y0, y1] = this.extent;
    this.floor = gl.createVertexArray();
    gl.bindVertexArray(this.floor);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([x0, y0, x1, y0, x0, y1, x1, y1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.bindVertexArray(null);
    this.jpeg = data.array(name + 'floor');
  }

  async load() {
    const gl = this.gl, picture = await createImageBitmap(new Blob([this.jpeg], { type: 'image/jpeg' }));
    this.picture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.picture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, picture);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    for (const way of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, way, gl.CLAMP_TO_EDGE);
    const finer = gl.getExtension('EXT_texture_filter_anisotropic');
    if (finer) gl.texParameterf(gl.TEXTURE_2D, finer.TEXTURE_MAX_ANISOTROPY_EXT, 8);
  }

  // Colours of housings, and colour and lit lens of states, of every machine.
  paint(housing, state, lens) {
    for (let j = 0; j < this.count; j++) {
      for (let k = 0; k < 3; k++) {
        this.texels[4 * j + k] = 255 * housing[j][k];
        this.texels[4 * (this.count + j) + k] = 255 * state[j][k];
      }
      this.texels[4 * j + 3] = 255;
      this.texels[4 * (this.count + j) + 3] = lens[j];
    }
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, this.count, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, this.texels);
  }
}
