export { type CoverageSeries, calibrationChart } from './charts/calibration-chart.ts'
export { type CornerOptions, cornerPlot } from './charts/corner-plot.ts'
export { type EcdfSeries, ecdfChart, ecdfKey } from './charts/ecdf-chart.ts'
export { type Axis, type LineChart, lineChart, type Series } from './charts/line-chart.ts'
export { rankChart } from './charts/rank-chart.ts'
export { type Shares, shareChart } from './charts/share-chart.ts'
export { renderCloud } from './cloud.ts'
export { type Colormap, clay, colormapOf, ember, type Rgb, thermal, unobservedColor } from './colormap.ts'
export { type Colouring, OUTSIDE } from './colouring.ts'
export { type ComparisonReport, comparisonReport, type PictureRow } from './comparison-report.ts'
export {
  type DemoAmortizeReport,
  demoAmortizeReport,
  type RestoredPhotographs,
} from './demo-amortize-report.ts'
export { type DemoReport, demoReport, type RestoredDigits } from './demo-report.ts'
export { type DiagnosisReport, diagnosisReport, summaryOf } from './diagnosis-report.ts'
export { type GlobeGrid, type GlobeView, renderGlobe } from './globe.ts'
export { type Content, escapeHtml, Html, html } from './html.ts'
export { type MeshView, renderMesh } from './mesh-render.ts'
export { figure, type Page, page, type Section, type Table, table, writeReport } from './page.ts'
export { dataUrl, enlarged, type Picture, pixels, pngOf } from './png.ts'
export {
  globeRenderer,
  meshRenderer,
  type PointRenderer,
  pointPictures,
  pointStrips,
} from './point-strip.ts'
export { reconciled } from './reconcile.ts'
export { type RunContent, type RunData, runContent } from './run-content.ts'
export { type RunReport, runReport } from './run-report.ts'
export {
  imageGrid,
  mosaic,
  type PlacedPoints,
  pictureAt,
  type Restoration,
  type StripOptions,
  type Strips,
  strips,
  stripsPicture,
} from './strip.ts'
export { standaloneSvg } from './svg-file.ts'
export { restoredPart } from './views/list.ts'
export type { RestoredPart } from './views/view-look.ts'
