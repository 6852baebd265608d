/**
 * Pictures by WebGL2: values are a float texture, colour map and threshold are in the shader. A browser has
 * few contexts: there is one, and what it paints is copied into the canvas of each view.
 */
import type { Picture } from './picture.ts'
import { DIMMED, missing, outside, SHADES, tableOf } from './scale.ts'

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`

const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler2D;
uniform sampler2D values, table, light;
uniform ivec2 size;
uniform float low, high, threshold;
uniform int channels;
uniform bool lit;
out vec4 colour;
float shade(float v) { return clamp((v - low) / (high > low ? high - low : 1.0), 0.0, 1.0); }
void main() {
  ivec2 at = ivec2(int(gl_FragCoord.x), size.y - 1 - int(gl_FragCoord.y));
  float v = texelFetch(values, at, 0).r;
  float share = lit ? texelFetch(light, at, 0).r : 1.0;
  uint bits = floatBitsToUint(v);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    colour = vec4(share * vec3(${missing.join(', ')}), 1.0);
  } else if (bits == 0xff800000u) {
    colour = share > 0.0 ? vec4(share * vec3(${outside.join(', ')}), 1.0) : vec4(0.0);
  } else if (channels == 3) {
    float g = texelFetch(values, at + ivec2(0, size.y), 0).r;
    float b = texelFetch(values, at + ivec2(0, 2 * size.y), 0).r;
    colour = vec4(share * vec3(shade(v), shade(g), shade(b)), 1.0);
  } else {
    int k = int(floor(shade(v) * ${(SHADES - 1).toFixed(1)} + 0.5));
    float kept = v < threshold ? share * ${DIMMED} : share;
    colour = vec4(kept * texelFetch(table, ivec2(k, 0), 0).rgb, 1.0);
  }
}`

interface Program {
  readonly gl: WebGL2RenderingContext
  readonly place: (name: string) => WebGLUniformLocation | null
  readonly largest: number
}

const shaderOf = (gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader => {
  const shader = gl.createShader(kind)
  if (!shader) throw new Error('no shader')
  gl.shaderSource(shader, source)
  gl.compileShader(shader)
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS))
    throw new Error(gl.getShaderInfoLog(shader) ?? 'the shader does not compile')
  return shader
}

const textureAt = (gl: WebGL2RenderingContext, unit: number): void => {
  gl.activeTexture(gl.TEXTURE0 + unit)
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture())
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE)
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST)
}

const UNITS = ['values', 'table', 'light'] as const

const programOf = (canvas: HTMLCanvasElement): Program | undefined => {
  const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, premultipliedAlpha: true })
  const program = gl?.createProgram()
  if (!gl || !program) return undefined
  gl.attachShader(program, shaderOf(gl, gl.VERTEX_SHADER, VERTEX))
  gl.attachShader(program, shaderOf(gl, gl.FRAGMENT_SHADER, FRAGMENT))
  gl.linkProgram(program)
  gl.useProgram(program)
  const place = (name: string) => gl.getUniformLocation(program, name)
  UNITS.forEach((name, unit) => {
    textureAt(gl, unit)
    gl.uniform1i(place(name), unit)
  })
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  return { gl, place, largest: gl.getParameter(gl.MAX_TEXTURE_SIZE) }
}

const upload = (
  gl: WebGL2RenderingContext,
  unit: number,
  width: number,
  height: number,
  values: Float32Array,
) => {
  gl.activeTexture(gl.TEXTURE0 + unit)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, width, height, 0, gl.RED, gl.FLOAT, values)
}

const draw = ({ gl, place }: Program, { values, channels, height, width, scale, light }: Picture): void => {
  const planes = channels === 3 ? 3 : 1
  upload(gl, 0, width, planes * height, values.subarray(0, planes * height * width))
  gl.activeTexture(gl.TEXTURE0 + 1)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, SHADES, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, tableOf(scale.map))
  if (light) upload(gl, 2, width, height, light)
  gl.viewport(0, 0, width, height)
  gl.uniform2i(place('size'), width, height)
  gl.uniform1f(place('low'), scale.low)
  gl.uniform1f(place('high'), scale.high)
  gl.uniform1f(place('threshold'), scale.threshold ?? -3.4e38)
  gl.uniform1i(place('channels'), planes)
  gl.uniform1i(place('lit'), light ? 1 : 0)
  gl.clearColor(0, 0, 0, 0)
  gl.clear(gl.COLOR_BUFFER_BIT)
  gl.drawArrays(gl.TRIANGLES, 0, 3)
}

let shared: { readonly canvas: HTMLCanvasElement; readonly program: Program } | 'none' | undefined

const opened = () => {
  if (shared !== undefined) return shared
  const canvas = document.createElement('canvas')
  const program = programOf(canvas)
  shared = program ? { canvas, program } : 'none'
  canvas.addEventListener('webglcontextlost', () => {
    shared = undefined // the next picture opens another, or does without
  })
  return shared
}

/** The picture on a canvas of its size that is good until the next call; undefined where WebGL2 cannot. */
export const paintedByShader = (picture: Picture): HTMLCanvasElement | undefined => {
  const { channels, height, width } = picture
  const own = opened()
  if (own === 'none' || Math.max(width, (channels === 3 ? 3 : 1) * height) > own.program.largest)
    return undefined
  if (own.program.gl.isContextLost()) return undefined
  if (own.canvas.width !== width || own.canvas.height !== height) Object.assign(own.canvas, { width, height })
  draw(own.program, picture)
  return own.canvas
}
