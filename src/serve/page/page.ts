import { html } from '../../report/html.ts';
import { shell } from '../../report/parts.ts';
import { styleLinks } from './links.ts';

const head = html`${styleLinks}
  <script type="module" src="page.js"></script>`;

/** Where one shows the server a picture: `in-page.js` does the rest. All addresses are relative, for servers below another's path. */
export const page = shell(
  'Cardinal',
  head,
  html`<header>
      <h1>Show it a picture</h1>
      <p>The server says what it is, and where it sees that. <a href="docs">All routes</a></p>
    </header>
    <main class="try">
      <noscript><p class="error">This page needs JavaScript.</p></noscript>
      <form id="key-form" class="key" hidden>
        <label>
          Key of this server
          <input id="key" type="password" autocomplete="off" required />
        </label>
        <button class="push" type="submit">Use it</button>
      </form>
      <div id="models" hidden>
        <label
          >Model
          <select id="model"></select
        ></label>
      </div>
      <section id="drop" class="drop" aria-label="A picture">
        <p>Drop a picture here, paste one, or</p>
        <div class="pushes">
          <input id="file" type="file" accept="image/*" hidden />
          <button id="choose" class="push" type="button">Choose a file</button>
          <button id="camera" class="push" type="button" hidden>Use the camera</button>
        </div>
        <div id="finder" class="finder" hidden>
          <video id="video" playsinline muted aria-label="What the camera sees"></video>
          <div class="pushes">
            <button id="shoot" class="push" type="button">Take the picture</button>
            <button id="leave" class="push" type="button">Close the camera</button>
          </div>
        </div>
      </section>
      <div class="words">
        <p id="status" role="status"></p>
        <p id="error" class="error" role="alert"></p>
      </div>
      <div id="result" class="result" hidden>
        <figure>
          <img id="picture" alt="" />
          <figcaption id="caption"></figcaption>
          <button id="plain" class="push" type="button" hidden>Show the picture alone</button>
        </figure>
        <section aria-label="Predictions">
          <h2>Predictions</h2>
          <ol id="predictions" class="guesses"></ol>
          <p class="said">Choose one to see where the network sees it.</p>
          <p id="about" class="said"></p>
        </section>
      </div>
    </main>`,
);
