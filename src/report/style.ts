/**
 * The page's style sheet. `--right` and `--wrong` are a blue and an orange of the Okabe–Ito palette (darkened where the
 * ground is white), which stay apart for every common colour blindness; no information depends on colour alone.
 */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --card: #f5f6f8; --line: #d9dde2; --ink: #1c1f23; --soft: #596069;
  --right: #005b99; --wrong: #d55e00; --ink-mid: var(--ink); --ink-high-right: #ffffff; --ink-high-wrong: #1c1f23;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1d2125; --line: #363c43; --ink: #e8eaed; --soft: #a3abb5;
    --right: #56b4e9; --wrong: #e69f00; --ink-mid: #0f1214; --ink-high-right: #0f1214; --ink-high-wrong: #0f1214;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1160px; padding: 2rem 1.25rem 4rem;
  background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header { border-bottom: 1px solid var(--line); padding-bottom: 1rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .75rem; }
header p, .lead { color: var(--soft); margin: .35rem 0 0; overflow-wrap: anywhere; }
.lead { margin: -.4rem 0 1rem; max-width: 46rem; }
.notes { margin: 1rem 0 0; padding: .6rem 1rem; border-left: 3px solid var(--wrong); background: var(--card); }
.notes p { margin: .15rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; margin: 1.25rem 0 0; }
.figures div { background: var(--card); border-radius: 8px; padding: .7rem .9rem; }
.figures dt { color: var(--soft); font-size: .82rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures small { display: block; font-size: .78rem; font-weight: 400; color: var(--soft); line-height: 1.35; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.75rem 1.5rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .3rem; }
.key { display: inline-flex; gap: 1rem; flex-wrap: wrap; color: var(--soft); font-weight: 400; font-size: .82rem; }
.key svg { vertical-align: middle; margin-right: .35rem; }
svg { display: block; max-width: 100%; height: auto; }
.key svg { display: inline-block; }
.wide { overflow-x: auto; }
.wide svg { max-width: none; }
.right { color: var(--right); } .wrong { color: var(--wrong); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
th { font-weight: 600; text-align: left; }
thead th { color: var(--soft); font-weight: 400; border-bottom: 1px solid var(--line); }
th, td { padding: .28rem .6rem .28rem 0; vertical-align: baseline; }
tbody th { font-weight: 400; overflow-wrap: break-word; max-width: 12rem; }
tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
td.n, th.n { text-align: right; white-space: nowrap; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr)); gap: 0 3rem; align-items: start; }
.columns.uneven { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
@media (max-width: 900px) { .columns.uneven { grid-template-columns: minmax(0, 1fr); } }
.bar { display: block; height: .45rem; border-radius: 2px; background: currentColor; min-width: 1px; }
td.meter { width: 22%; padding-right: 0; vertical-align: middle; }
.sortable, .sortable thead, .sortable tbody { display: grid; }
.sortable { grid-template-columns: minmax(6rem, 1fr) repeat(4, auto) minmax(0, 4rem); }
.sortable th:has(.number) { padding-left: 2em; text-indent: -2em; }
.sortable .number { color: var(--soft); display: inline-block; min-width: 1.7em; text-indent: 0; }
.sortable thead, .sortable tbody { grid-column: 1 / -1; grid-template-columns: subgrid; }
.sortable tr { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; }
.sortable thead tr { order: 0; border-bottom: 1px solid var(--line); }
.sortable thead th { border: 0; }
.sortable tbody tr, .sortable tbody tr + tr { border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
.sortable tbody tr > *, .sortable tbody tr + tr > * { border: 0; min-width: 0; max-width: none; overflow-wrap: anywhere; }
.sortable td.meter { width: auto; padding-left: .6rem; }
.order { white-space: nowrap; margin-left: .15rem; }
.order label { cursor: pointer; padding: .35rem .16rem; font-size: .68em; opacity: .45; }
.order label:hover { opacity: 1; }
.order label:has(:checked) { opacity: 1; color: var(--ink); }
.order label:has(:focus-visible) { outline: 2px solid var(--right); border-radius: 3px; }
.order input { position: absolute; opacity: 0; pointer-events: none; }
.fits { container-type: inline-size; }
.matrix { table-layout: fixed; width: 100%; max-width: calc(9rem + var(--classes) * 3.2rem); border-spacing: 0; font-size: .8rem; }
.matrix thead th { vertical-align: bottom; padding: 0 0 .3rem; border: 0; font-weight: 400; }
.matrix thead .name { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; margin: 0 auto; display: block; }
.matrix thead .number, .matrix tbody .number { display: none; }
.matrix tr > :first-child { width: 8.5rem; }
.matrix tbody tr > * { border: 0; }
.matrix tbody th { vertical-align: middle; padding: 0 .5rem 0 0; text-align: right; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: none; }
.matrix tbody tr > td { height: 2.4rem; padding: 0; text-align: center; vertical-align: middle; border: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
.matrix.many tbody tr > td { height: 1.9rem; }
.matrix .hit { background: color-mix(in srgb, var(--right) var(--s), transparent); }
.matrix .miss { background: color-mix(in srgb, var(--wrong) var(--s), transparent); }
.matrix .mid { color: var(--ink-mid); }
.matrix .hit.high { color: var(--ink-high-right); } .matrix .miss.high { color: var(--ink-high-wrong); }
@container (max-width: 27rem) {
  .matrix { font-size: .72rem; }
  .matrix tr > :first-child { width: 6rem; }
  .matrix thead .name { display: none; } .matrix thead .number { display: inline; }
  .matrix tbody .number { display: inline-block; min-width: 1.1em; }
  .matrix tbody th { text-align: left; padding-right: .25rem; }
  .matrix tbody tr > td { height: 1.75rem; }
  .matrix.many tr > :first-child { width: 5rem; }
  .matrix.many tbody tr > td { height: 1rem; font-size: 0; }
  .matrix.many thead th { font-size: .5rem; }
}
.map { display: grid; grid-template: 1.1rem auto / 1.8rem 1fr; max-width: calc(150px + var(--classes) * 14px); line-height: 1; color: var(--soft); }
.map svg { grid-area: 2 / 2; width: 100%; max-width: none; border: 1px solid var(--line); }
.map .names { display: none; font-size: var(--letter); min-width: 0; min-height: 0; }
.map .names span { line-height: 1.15; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.map .rows-of { grid-area: 2 / 1; text-align: right; padding-right: 4px; }
.map .columns-of { grid-area: 1 / 2; padding-bottom: 4px; }
.map .rows-of.names { grid-template-rows: repeat(var(--classes), minmax(0, 1fr)); align-items: center; }
.map .columns-of.names { grid-template-columns: repeat(var(--classes), minmax(0, 1fr)); }
.map .columns-of.names span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 100%; justify-self: center; }
.map .ticks { position: relative; font-size: .65rem; }
.map .ticks span { position: absolute; transform: translate(-50%, -50%); }
.map .columns-of.ticks span { left: calc((var(--at) + .5) / var(--classes) * 100%); top: 50%; }
.map .rows-of.ticks span { top: calc((var(--at) + .5) / var(--classes) * 100%); right: 4px; transform: translateY(-50%); }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 100%), 1fr)); gap: .75rem; }
.samples.small { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .6rem; padding: .25rem 0 .75rem; }
.sample { background: var(--card); border-radius: 8px; padding: .75rem; font-size: .84rem; min-width: 0; }
.small .sample { padding: .5rem; }
.sample img { display: block; width: 100%; height: 6rem; object-fit: contain; image-rendering: pixelated; border-radius: 4px; }
.sample img[src^="data:image/webp"] { image-rendering: auto; }
.enlarging { display: block; cursor: zoom-in; }
.enlarging input { position: absolute; opacity: 0; pointer-events: none; }
.enlarging:has(:focus-visible) { outline: 2px solid var(--right); outline-offset: 2px; border-radius: 4px; }
.shots { display: flex; gap: .3rem; } .shots img { flex: 1 1 0; min-width: 0; }
.enlarging:has(:checked) { cursor: zoom-out; }
.enlarging:has(:checked) .shots { position: fixed; inset: 0; z-index: 1; gap: 2vmin; padding: 3vmin; align-items: center; justify-content: center; background: color-mix(in srgb, var(--ground) 94%, transparent); }
.enlarging:has(:checked) img { flex: 0 1 auto; width: min(90vmin, 46vw); height: min(90vmin, 92vh); }
.enlarging:has(:checked) img:only-child { width: min(90vmin, 92vw); }
@media (orientation: portrait) { .enlarging:has(:checked) .shots { flex-direction: column; } .enlarging:has(:checked) img { width: 92vw; height: min(92vw, 45vh); } }
.id { font: .72rem/1.3 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
.sample p.id { margin: .5rem 0 0; color: var(--soft); }
.sample .truth { margin: .25rem 0 .3rem; font-weight: 600; overflow-wrap: anywhere; line-height: 1.3; }
.small figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .5rem; font-weight: 400; margin: .35rem 0 0; font-size: .78rem; line-height: 1.3; }
.soft, .rest { color: var(--soft); font-size: .82rem; } .rest { margin: .4rem 0 0; }
.groups details { border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
.groups summary { display: flex; justify-content: space-between; gap: 1rem; cursor: pointer; padding: .4rem 0; overflow-wrap: anywhere; }
.groups summary::before { content: "▸"; color: var(--soft); flex: none; } .groups [open] > summary::before { content: "▾"; }
.groups .pair { flex: 1; } .groups summary .n { font-variant-numeric: tabular-nums; }
.groups .more { border: 0; } .groups .more > summary { color: var(--soft); }
.groups p { margin: 0 0 .75rem; overflow-wrap: anywhere; }
.sample .mark { font-weight: 700; }
.sample ol { list-style: none; margin: 0; padding: 0; color: var(--soft); }
.sample li { display: grid; grid-template-columns: 1fr auto; column-gap: .5rem; line-height: 1.35; margin-top: .25rem; }
.sample li span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sample li .track { grid-column: 1 / -1; }
.sample li .bar { height: .28rem; }
.sample li.true { color: var(--ink); }
pre { background: var(--card); border-radius: 8px; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
.settings { width: auto; } .settings th { color: var(--soft); padding-right: 2rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .82rem; }
@media (max-width: 480px) { body { padding: 1.25rem 1rem 3rem; } .samples, .samples.small { grid-template-columns: repeat(2, minmax(0, 1fr)); } table { font-size: .82rem; } td.meter, th.meter { display: none; } .sortable { grid-template-columns: minmax(5rem, 1fr) repeat(4, auto); } .sortable th, .sortable td { padding-right: .35rem; } .sortable thead .n { display: flex; flex-direction: column; align-items: flex-end; } }
@media print { body { max-width: none; } .sample, figure, tr { break-inside: avoid; } }
`;
