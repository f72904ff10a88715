import { style } from '../../report/style.ts';

/** The style of the page and of the description of routes: that of reports, and what these have besides. */
export const pageStyle = `${style}
[hidden] { display: none !important; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, monospace; }
a { color: var(--right); }
.try { display: grid; gap: 1.25rem; margin-top: 1.5rem; }
.try button, .try select, .try input { font: inherit; color: var(--ink); }
.push, .try select, .try input[type=password] { border: 1px solid var(--line); border-radius: 8px; background: var(--ground); padding: .55rem .95rem; }
.push { cursor: pointer; }
.push:hover, .guesses button:hover { border-color: var(--right); }
.try :focus-visible { outline: 2px solid var(--right); outline-offset: 2px; }
.try label { color: var(--soft); display: inline-flex; flex-wrap: wrap; align-items: center; gap: .5rem; max-width: 100%; }
.try select { max-width: 100%; }
.key { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; }
.drop { border: 2px dashed var(--line); border-radius: 12px; padding: 1.75rem 1.25rem; text-align: center; }
.drop.over { border-color: var(--right); background: var(--card); }
.drop p { margin: 0 0 .9rem; color: var(--soft); }
.pushes { display: flex; flex-wrap: wrap; gap: .6rem; justify-content: center; }
.finder { margin-top: 1rem; }
.finder video { display: block; max-width: 100%; max-height: 60vh; margin: 0 auto .8rem; border-radius: 8px; background: #000; }
.words { min-height: 1.5em; font-size: 1.1rem; font-weight: 600; }
.words p { margin: 0; overflow-wrap: anywhere; }
.said { margin: .6rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
.error { color: var(--wrong); }
.result { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
@media (max-width: 700px) { .result { grid-template-columns: minmax(0, 1fr); } }
.result h2 { margin: 0 0 .6rem; }
.result img { display: block; width: 100%; max-height: 60vh; border-radius: 8px; background: var(--card); object-fit: contain; }
.result figcaption { margin: .5rem 0; font-weight: 400; color: var(--soft); }
.guesses { list-style: none; margin: 0; padding: 0; display: grid; gap: .45rem; }
.guesses button { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .2rem .75rem; width: 100%; text-align: left; cursor: pointer; background: var(--card); border: 1px solid transparent; border-radius: 8px; padding: .55rem .8rem; }
.guesses button[aria-pressed=true] { border-color: var(--right); }
.guesses bdi { overflow-wrap: anywhere; }
.guesses span { font-variant-numeric: tabular-nums; }
.guesses .track { grid-column: 1 / -1; color: var(--right); }
.route { border-top: 1px solid var(--line); padding: .6rem 0; }
.route summary { cursor: pointer; overflow-wrap: anywhere; }
.route summary span { color: var(--soft); margin-left: .5rem; }
.route p { overflow-wrap: anywhere; }
.route .lead { margin: .5rem 0; }
`;
