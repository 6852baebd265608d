/** Red, green, blue in [0, 1]. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** A colour for every t in [0, 1]; values outside take the nearest end. */
export type Colormap = (t: number) => Rgb

const hexToRgb = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255]
}

/** Linear interpolation between evenly spaced colours. */
export const colormapOf = (colors: readonly string[]): Colormap => {
  const points = colors.map(hexToRgb)
  return (t) => {
    const at = Math.min(1, Math.max(0, t)) * (points.length - 1)
    const i = Math.min(Math.floor(at), points.length - 2)
    const mix = (channel: number) =>
      points[i][channel] + (at - i) * (points[i + 1][channel] - points[i][channel])
    return [mix(0), mix(1), mix(2)]
  }
}

/** Uncertainty: black through purple and orange to pale yellow, lightness rising evenly. */
export const ember = colormapOf([
  '#050310',
  '#2a0b52',
  '#65156e',
  '#9f2a63',
  '#d44842',
  '#f57d15',
  '#fac228',
  '#fbfcbf',
])

/** Ink on clay: values on a mesh, light at 0 and dark at 1, so that shading stays visible. */
export const clay = colormapOf(['#ecdfcb', '#c9a58c', '#8a4f5c', '#3d1f4a', '#150b2e'])

/** Blue through near-white to red: fields on the sphere. */
export const thermal = colormapOf([
  '#123a73',
  '#3f7fba',
  '#a3c9e0',
  '#f3f0ea',
  '#f0b490',
  '#cd5d48',
  '#7a1029',
])

/** Colour of pixels that were not observed: unlike any grey, quiet beside them. */
export const unobservedColor: Rgb = hexToRgb('#5b7089')

/** Colour of what no observation of a set shows. */
export const neverSeenColor: Rgb = hexToRgb('#2f3a4a')

/** `#rrggbb`, for style sheets. */
export const cssColor = (color: Rgb): string =>
  `#${color
    .map((c) =>
      Math.round(255 * c)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

/** The three channels of a `#rrggbb` colour. */
export const rgbOf = hexToRgb
