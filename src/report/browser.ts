export { type Colormap, clay, colormapOf, ember, type Rgb, thermal, unobservedColor } from './colormap.ts'
