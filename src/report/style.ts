/**
 * The page's style sheet. `--right` and `--wrong` are a blue and an orange of the Okabe–Ito palette (darkened where the
 * ground is white), which stay apart for every common colour blindness; nothing is told by colour alone.
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
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1.25rem 0 0; }
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
.bar { display: block; height: .45rem; border-radius: 2px; background: currentColor; min-width: 1px; }
td.meter { width: 22%; padding-right: 0; vertical-align: middle; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 100%), 1fr)); gap: .75rem; }
.sample { background: var(--card); border-radius: 8px; padding: .75rem; font-size: .84rem; min-width: 0; }
.sample img { display: block; width: 100%; height: 6rem; object-fit: contain; image-rendering: pixelated; border-radius: 4px; }
.sample .truth { margin: .5rem 0 .3rem; font-weight: 600; overflow-wrap: anywhere; line-height: 1.3; }
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
@media (max-width: 480px) { body { padding: 1.25rem 1rem 3rem; } .samples { grid-template-columns: repeat(2, 1fr); } table { font-size: .82rem; } td.meter, th.meter { display: none; } }
@media print { body { max-width: none; } .sample, figure, tr { break-inside: avoid; } }
`;
