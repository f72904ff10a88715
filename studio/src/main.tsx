import { render } from 'preact';
import { App } from './app.tsx';
import { takeDropsAnywhere } from './data/drop-anywhere.ts';
import { startEngine } from './engine/engine.ts';
import './style/base.css';

const root = document.getElementById('studio');
if (root === null) throw new Error('index.html has no element with the id studio');
render(<App />, root);
takeDropsAnywhere();
void startEngine();
