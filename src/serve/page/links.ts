import { html } from '../../report/html.ts';

/** For the head of the server's pages. An icon that is empty is not asked for. */
export const styleLinks = html`<link rel="stylesheet" href="page.css" /> <link rel="icon" href="data:," />`;
