/** The script of a classifier's HTML file: scripts/classifier-page.ts puts it into the page, and an export the rest. */
import { render } from 'preact';
import '../style/base.css';
import '../data/data.css';
import { readFacts } from './inside.ts';
import { SinglePage } from './page.tsx';
import './single.css';

const root = document.getElementById('classifier');
if (root === null) throw new Error('the page has no element with the id classifier');
const facts = readFacts();
document.title = facts.title;
root.replaceChildren();
render(<SinglePage facts={facts} />, root);
