import { cssColor, neverSeenColor } from './colormap.ts'

/**
 * Colours of the series of a chart, in order; they tell apart on white and on near-black,
 * also for the colour-blind.
 */
export const seriesColors = ['#3b7dc4', '#d9822b', '#2f9e77', '#b0559c', '#8a8f98', '#c0503e'] as const

const series = seriesColors.map((color, i) => `.s${i}{--c:${color}}`).join('')

/** Styles of charts, which follow the page's light or dark scheme. */
export const chartStyle = `
.chart{
font:12px/1.3 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
display:block;max-width:100%;height:auto}
.chart text{fill:var(--muted)}
.chart .name{fill:var(--ink)}
.chart .axis{stroke:var(--axis);fill:none}
.chart .grid{stroke:var(--line);fill:none}
.chart .line{stroke:var(--c);fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.chart .dot{fill:var(--c);stroke:var(--c)}
.chart .thin{stroke-width:1.2;stroke-dasharray:3 2.5}
.chart .fine{stroke-width:1;stroke-opacity:.75}
.chart .seen{fill:var(--ink)}
.chart .never{fill:${cssColor(neverSeenColor)}}
.chart .hollow{fill:var(--paper)}
.chart .area{fill:var(--c);fill-opacity:.28}
.chart .guide{stroke:var(--muted);stroke-dasharray:4 4;fill:none}
.chart image{image-rendering:pixelated}
${series}`

const light =
  '--paper:#fff;--ink:#1c2128;--muted:#667080;--axis:#aab2bd;--line:#e8ebef;--soft:#f6f7f9;--accent:#3b7dc4'
const dark =
  '--paper:#14171b;--ink:#e4e7eb;--muted:#929ba8;--axis:#596270;--line:#272d35;--soft:#1b1f25;' +
  '--accent:#6ea8e0'

/** Variables for figures that stand alone, on white. */
export const lightScheme = `:root{${light}}`

/** Both schemes, as the reader prefers. */
export const bothSchemes = `:root{${light}}@media (prefers-color-scheme:dark){:root{${dark}}}`

/** Style sheet of a report: one column, quiet, light or dark as the reader prefers, printable. */
export const pageStyle = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{color-scheme:light;${light}}section{break-inside:avoid}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:66rem;margin:0 auto;padding:3rem 1.5rem 5rem}
header{border-bottom:1px solid var(--line);padding-bottom:1.5rem;margin-bottom:2.5rem}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;font-weight:650;margin:0 0 .35rem}
h2{font-size:1.2rem;letter-spacing:-.005em;font-weight:650;margin:0 0 .35rem}
h3{font-size:.95rem;font-weight:600;margin:1.75rem 0 .6rem}
p{margin:.35rem 0;max-width:46rem}
.lead{color:var(--muted);font-size:1.05rem}
section{margin:0 0 3.25rem}
section>p{color:var(--muted)}
section>.advice{color:var(--ink);margin-top:1rem}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.65rem .9rem;
margin:1.1rem 0 0;overflow-x:auto}
dl{display:flex;flex-wrap:wrap;gap:.35rem 2rem;margin:1.1rem 0 0;font-size:.9rem}
dl div{display:flex;gap:.5rem}
dt{color:var(--muted)}
dd{margin:0;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.95rem;margin:1rem 0 .4rem}
th,td{padding:.42rem 1.1rem .42rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-right:2.2rem}
th:last-child,td:last-child{padding-right:.25rem}
thead th{color:var(--muted);font-weight:500;font-size:.85rem;border-bottom:1px solid var(--axis);
vertical-align:bottom;white-space:pre-line}
tbody th{font-weight:500}
tr.marked>*{background:var(--soft);font-weight:600}
tr.marked>:first-child{box-shadow:inset 3px 0 var(--accent);padding-left:.7rem}
figure{margin:1rem 0 0}
figcaption{color:var(--muted);font-size:.88rem;margin-top:.55rem;max-width:46rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1.5rem 2rem;
align-items:start}
.fans{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));
gap:1rem 1.4rem;margin-top:1rem}
.tiles{display:flex;flex-wrap:wrap;gap:1.1rem 1.4rem;margin-top:1rem}
.tiles figure{margin:0}
.tiles figcaption{margin:0 0 .35rem;font-size:.85rem;color:var(--ink)}
.pixels{image-rendering:pixelated;display:block;max-width:none}
.strips{border-spacing:5px;border-collapse:separate;margin:.9rem 0 0 -5px}
.strips th,.strips td{border:0;padding:0;text-align:center}
.strips thead th{padding-bottom:.15rem;border:0;font-size:.8rem;white-space:nowrap}
.strips tbody th{color:var(--muted);font-weight:400;font-size:.8rem;text-align:right;padding-right:.5rem;
max-width:8rem}
.strips .gap{padding-left:.7rem}
.key{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;color:var(--muted);font-size:.85rem;margin-top:.7rem;
align-items:center}
.key span{display:inline-flex;gap:.5rem;align-items:center}
.key i{display:inline-block;height:.8rem;border-radius:2px}
ul{padding-left:1.1rem;margin:.5rem 0;max-width:46rem}
li{margin:.3rem 0}
footer{color:var(--muted);font-size:.85rem;border-top:1px solid var(--line);padding-top:1rem}
${chartStyle}`
